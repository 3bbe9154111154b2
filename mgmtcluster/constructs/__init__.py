"""How: what is rendered, for any app; nothing here knows a name of the platform."""
