"""The configuration compiler: from one target to every value of a deployment, with reasons. Pure."""
