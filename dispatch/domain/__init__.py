"""The business core: plain functions on plain values. No framework, no driver, no clock of its own."""
