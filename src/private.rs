//! Values that must never be printed.
