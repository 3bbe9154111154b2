"""A stand-in for mongod: one member of a replica set, whose state lies on its disk.

Real are its command line, its keyfile, the wire protocol, the logins, what a user may do, terms and votes, and that a write is
acknowledged once a majority has it on disk. Whatever is stored is one document of at most 16 MB, written whole each time.
"""
