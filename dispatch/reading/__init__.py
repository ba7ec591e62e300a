"""Reading reports: detail, lists, history. What the caller may see is part of each query (dispatch.sight)."""
