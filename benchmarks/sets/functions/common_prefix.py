def common_prefix(words):
    """The longest text that all ``words`` begin with."""
    if not words:
        return ""
    shortest = min(words, key=len)
    for place, letter in enumerate(shortest):
        for word in words:
            if word[place] != letter:
                return shortest[:place]
    return shortest


VISIBLE = [(["flower", "flow", "flight"],), (["dog", "car"],), ([],), (["same", "same"],), (["in", "inner", "inn"],)]
HIDDEN = [(["a"],), (["", "b"],), (["ab", "abc", "abd"],), (["abc", "ab"],), (["x", "x", "y"],), (["prefix", "preface", "prefer"],), (["aa", "aa", "aab"],), (["ba", "ca"],), ([""],), (["interview", "interval", "internet"],), (["one", "only"],)]
