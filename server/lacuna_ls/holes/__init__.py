"""Partial programs, exact hole selection and its calibration."""
