"""What people do beside the road: tell autosd of a project, stop it, say yes or no. Each is recorded before it takes effect."""
