"""The words for codes and reasons, in Dutch and English."""
