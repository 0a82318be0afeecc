"""Botwacht: the follow-up tracker of an osteoporosis clinic."""
