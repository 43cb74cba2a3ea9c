"""Completions of models behind endpoints: several lines, asked for with context, cut to what fits."""
