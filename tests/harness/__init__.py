# SPDX-License-Identifier: Apache-2.0
"""Real processes and raw sockets for the tests that look at the router from outside."""
