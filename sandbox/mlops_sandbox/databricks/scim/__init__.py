"""Users, groups and service principals (SCIM 2.0), and who of them may use a workspace."""
