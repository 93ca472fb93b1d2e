"""web.admission.admission: room for so many at once; nobody waits, and who is refused hears for how long."""

from concurrent.futures import ThreadPoolExecutor

from twelvelead.web.admission.admission import LONGEST_WAIT, RECENT, Admission, MemoryRoom


def test_it_works() -> None:
    admission = Admission(2)
    assert [admission.enter() for _ in range(3)] == [True, True, False]
    assert admission.inside == 2
    admission.leave(0.1)
    assert (admission.inside, admission.enter()) == (1, True)


def test_of_many_at_once_as_many_are_let_in_as_there_is_room_for() -> None:
    admission = Admission(5)
    with ThreadPoolExecutor(16) as pool:
        let_in = list(pool.map(lambda _: admission.enter(), range(64)))
    assert let_in.count(True) == 5


def test_who_is_refused_is_told_at_least_a_second() -> None:
    admission = Admission(1)
    assert admission.retry_after() == 1
    admission.enter()
    admission.leave(0.01)
    assert admission.retry_after() == 1


def test_who_is_refused_is_told_as_long_as_recent_requests_stayed() -> None:
    admission = Admission(1)
    for seconds in (2.0, 4.5):
        admission.enter()
        admission.leave(seconds)
    assert admission.retry_after() == 4


def test_while_nobody_has_left_it_is_told_how_long_those_inside_have_stayed() -> None:
    class Clocked(Admission):
        now = 100.0

        def clock(self) -> float:
            return self.now

    admission = Clocked(2)
    admission.enter()
    admission.now = 106.5
    admission.enter()
    assert admission.retry_after() == 7
    admission.leave(6.5)
    admission.now = 107.0
    assert admission.retry_after() == 7, "as long as the last one stayed"
    admission.leave(0.5)
    assert admission.retry_after() == 4, "as long as both did on average"


def test_nobody_is_sent_away_for_longer_than_a_minute() -> None:
    admission = Admission(1)
    admission.enter()
    admission.leave(1000.0)
    assert admission.retry_after() == LONGEST_WAIT


def test_what_was_long_ago_is_forgotten() -> None:
    admission = Admission(1)
    for seconds in [50.0] + [0.5] * RECENT:
        admission.enter()
        admission.leave(seconds)
    assert admission.retry_after() == 1


def test_while_requests_stay_long_only_a_part_of_the_room_is_given() -> None:
    admission = Admission(8, patience=1.0)
    assert [admission.enter() for _ in range(9)] == [True] * 8 + [False]
    for _ in range(8):
        admission.leave(3.0)
    assert [admission.enter() for _ in range(3)] == [True, True, False]
    for _ in range(RECENT):
        admission.leave(0.1)
        admission.enter()
    assert [admission.enter() for _ in range(7)] == [True] * 6 + [False]


def test_one_client_has_half_of_a_shared_room_and_others_find_the_rest() -> None:
    admission = Admission(4, shared=True)
    assert [admission.enter("a") for _ in range(3)] == [True, True, False]
    assert [admission.enter(client) for client in ("b", "c", "d")] == [True, True, False]
    admission.leave(0.1, "a")
    assert [admission.enter(client) for client in ("a", "b")] == [True, False]


def test_a_slow_client_alone_does_not_fill_a_small_shared_room() -> None:
    admission = Admission(2, patience=1.0, shared=True)
    for _ in range(RECENT):
        assert admission.enter("slow")
        admission.leave(30.0, "slow")
    assert [admission.enter(client) for client in ("slow", "slow", "other")] == [True, False, True]


def test_clients_that_nobody_tells_apart_share_a_room_as_one_without_shares() -> None:
    admission = Admission(4, shared=True)
    assert [admission.enter() for _ in range(5)] == [True] * 4 + [False]


def test_who_has_no_place_finds_one_where_one_client_took_all() -> None:
    admission = Admission(8, kept=1)
    assert [admission.enter("many") for _ in range(9)] == [True] * 8 + [False]
    assert [admission.enter(client) for client in ("one", "one", "other")] == [True, False, False]
    admission.leave(0.1, "one")
    assert admission.enter("other")


def test_places_for_others_are_there_while_requests_stay_long_too() -> None:
    admission = Admission(8, patience=1.0, kept=1)
    for _ in range(RECENT):
        assert admission.enter("many")
        admission.leave(30.0, "many")
    assert [admission.enter("many") for _ in range(3)] == [True, True, False]
    assert admission.enter("one")


def test_places_for_others_are_there_while_more_are_inside_than_are_let_in_now() -> None:
    admission = Admission(8, patience=1.0, kept=1)
    assert all(admission.enter("many") for _ in range(8))
    admission.leave(30.0, "many")
    assert [admission.enter(client) for client in ("many", "one", "other")] == [False, True, False]


def test_memory_is_given_to_as_many_as_fit_and_to_one_alone_that_is_larger() -> None:
    room = MemoryRoom(100)
    assert [room.enter(60), room.enter(60), room.enter(40)] == [True, False, True]
    assert (room.held, room.free) == (100, 0)
    room.leave(60)
    room.leave(40)
    assert room.enter(300)
    assert (room.free, room.enter(1)) == (0, False)
