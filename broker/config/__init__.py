"""The configuration: sections that mirror `config.yaml`, and the loader that fills them or names every mistake."""
