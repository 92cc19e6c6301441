"""The API at `/api/v1`: what other programs may do here, by the same moves as people do it."""
