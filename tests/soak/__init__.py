# SPDX-License-Identifier: Apache-2.0
"""Mixed traffic with faults, for as long as one likes, against what must always hold."""
