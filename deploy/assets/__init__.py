"""The design system's stylesheet, script and icons: fetched by npm when Parity is built, never committed."""
