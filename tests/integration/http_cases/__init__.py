# SPDX-License-Identifier: Apache-2.0
"""Tables of raw bytes and what has to come of them, one module per side of the exchange."""
