def names(lab): return {}
def set_up(lab): return {}
