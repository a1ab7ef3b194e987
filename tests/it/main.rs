//! The one integration binary: every further one would link the whole tree again.

#[cfg(test)]
mod architecture;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod config_reference;
#[cfg(test)]
mod conversion;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod goldens;
#[cfg(test)]
mod openapi;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod service;
#[cfg(test)]
mod support;
