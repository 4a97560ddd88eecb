"""Where the Pulumi engine comes from."""
