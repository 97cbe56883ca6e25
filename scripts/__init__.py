"""Commands for a checkout; made a package so that no installed `scripts` can come first."""
