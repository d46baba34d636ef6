"""Knows Amazon Web Services: request signing, Bedrock models and knowledge bases."""
