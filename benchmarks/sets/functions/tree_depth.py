def tree_depth(tree):
    """The number of levels of a tree of dicts with ``children``; None has no level."""
    if tree is None:
        return 0
    depth = 0
    for child in tree.get("children", []):
        depth = max(depth, tree_depth(child))
    return depth + 1


VISIBLE = [(None,), ({"name": "a"},), ({"children": [{}]},), ({"children": [{}, {"children": [{}]}]},), ({"children": [{"children": [{}]}, {}]},)]
HIDDEN = [({},), ({"children": []},), ({"children": [{}, {}]},), ({"children": [None]},), ({"children": [{"children": [{"children": [{}]}]}]},), ({"children": [{}, {}, {"children": [{}]}, {}]},), ({"name": 1, "children": [{"name": 2}]},), ({"children": [{"children": []}]},), ({"children": [None, {}]},), ({"children": [{"children": [{}, {"children": [{}]}]}]},), ({"children": [{"children": [{}]}, {"children": [{}]}]},)]
