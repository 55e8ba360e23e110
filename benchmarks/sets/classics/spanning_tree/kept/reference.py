"""A cheapest set of cables that joins all houses."""


def cheapest_cables(costs):
    """The edges of a minimum spanning tree; ``costs`` maps a pair of houses to the cost of a cable."""
    group_of = {}
    for pair in costs:
        for house in pair:
            group_of[house] = {house}
    chosen = set()
    for a, b in sorted(costs, key=lambda pair: costs[pair]):
        if group_of[a] is not group_of[b]:
            chosen.add((a, b))
            joined = group_of[a] | group_of[b]
            for house in joined:
                group_of[house] = joined
    return chosen
