"""Raw exchange → safe facts: shapes, pseudonyms, projections, and the gate before each write.

Pure: no socket, path, clock or mitmproxy. Total: no content makes these functions raise; what they
do not understand becomes a pseudonym, a count or nothing.
"""
