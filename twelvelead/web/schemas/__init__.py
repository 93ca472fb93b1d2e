"""The API's answers as types: what is sent is made from these, and OpenAPI describes these."""
