"""Documents from structured data; pure."""
