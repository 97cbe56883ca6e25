"""The only prober: reads the machine, installs, client processes and key files into values."""
