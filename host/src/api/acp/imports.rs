//! OpenAPI documents of services, on the wire.
