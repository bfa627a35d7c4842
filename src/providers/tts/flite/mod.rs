//! English voices without a key.
mod ffi;
