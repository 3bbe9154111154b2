"""MongoDB as far as a driver can tell: its wire protocol, logins and commands, and a set of such members in this process."""
