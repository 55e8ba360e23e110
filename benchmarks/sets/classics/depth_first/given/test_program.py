from program import Room, can_reach


def chain(*names):
    rooms = [Room(name) for name in names]
    for here, there in zip(rooms, rooms[1:]):
        here.doors.append(there)
    return rooms


def test_a_room_reaches_itself():
    (room,) = chain("hall")
    assert can_reach(room, room)


def test_along_a_chain():
    rooms = chain("hall", "kitchen", "cellar")
    assert can_reach(rooms[0], rooms[2])


def test_not_back_along_a_chain():
    rooms = chain("hall", "kitchen", "cellar")
    assert not can_reach(rooms[2], rooms[0])


def test_a_ring_of_rooms_ends():
    rooms = chain("hall", "kitchen", "cellar")
    rooms[2].doors.append(rooms[0])
    assert not can_reach(rooms[0], Room("attic"))


def test_a_goal_behind_a_ring():
    rooms = chain("hall", "kitchen", "cellar", "garden")
    rooms[1].doors.insert(0, rooms[0])
    assert can_reach(rooms[0], rooms[3])
