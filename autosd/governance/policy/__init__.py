"""Layers of policy, and what is built on them: explaining, replaying, a site's own Cedar policies."""
