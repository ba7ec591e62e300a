"""What phones rely on, frozen in files: the API, the refusals. The served contract must equal them (tested)."""
