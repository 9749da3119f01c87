-- The protocol of a claim as a finite machine, of which every order of events is tried.
--
-- One surface, and seats that want it. A seat claims it by a push that is judged at the
-- feed's tip and moves the ref by compare-and-set, or by a server's queue, which judges
-- at the newest tip under its lock. Who holds it works, beats, and stops in time by a
-- clock of its own that may be late; who waits has a place in line. Answers get lost,
-- seats die, machines sleep, and the server restarts at any moment, without its stamps.
--
-- Time goes in ticks. docs/model.md reads this beside the code.

const
  -- How large the world is. check.py sets these.
  SEATS: 2;
  CLAIMS: 3;       -- that land, until the world ends
  NAPS: 1;         -- how often a machine sleeps
  RESTARTS: 1;     -- how often the server restarts, and has lost its stamps
  DOUBTS: 1;       -- how often somebody gives up before he has an answer
  QUEUE: 1;        -- claims go through the queue; 0: each moves the ref by itself;
                   -- 2: some do this, and some that
  LINE: 1;         -- who does not get it waits in line
  LAPSES: 1;       -- who is silent in line loses the place

  -- Times.
  LEASE: 4;        -- so long without a sign of life, and a claim has lapsed
  GRACE: 2;        -- so much later somebody may take it over
  MARGIN: 1;       -- so much earlier its seat stops
  KILL: 1;         -- so long its command may take to stop
  DRIFT: 1;        -- so much a seat's clock may fall behind in one lease
  TURN: 1;         -- so long the next in line has it for itself

  -- What holds it together. A mutation sets one of these to 0.
  SELF_FENCING: 1;    -- a seat stops by its own clock
  FROM_SENT: 1;       -- its lease counts from when the sign of life was sent
  WINDOWS_APART: 1;   -- from the lapse on no beat is taken, until the grace is over
                      -- nobody is replaced
  ASKED_AGAIN: 1;     -- a beat is heard if the lease still runs when it is stamped
  MOVED_FIRST: 1;     -- yes is said when the ref has moved, and not before
  COMPARE_AND_SET: 1; -- the ref moves from the tip that was judged
  NEWEST: 1;          -- the queue judges each of a batch upon the one before it
  SAME_OP: 1;         -- who had no answer looks for his post before he believes a no
  RAISED: 1;          -- who takes over does so at a higher epoch
  FENCED: 1;          -- what must not happen twice compares epochs
  IN_TURN: 1;         -- who is ahead in line is waited for
  TURN_ENDS: 1;       -- a turn that nobody takes is over
  LOST_IS_YOUNG: 1;   -- stamps that are lost make a lease longer

type
  seat: scalarset(SEATS);
  epoch: 0..CLAIMS;
  age: 0..LEASE + GRACE;
  own_age: 0..LEASE;
  place: 0..SEATS;
  asked: enum { nothing, sent, judged, refused, landed, doubt };
  command: enum { ended, runs, told };
  sign: enum { none, beaten, in_time, heard };

var
  -- The feed, and what its server knows.
  held: boolean;
  holder: seat;
  at_epoch: epoch;
  silent: age;                        -- since the last sign of life, or since it is free
  turn: array [seat] of place;        -- 0: not in line
  passed: array [seat] of boolean;    -- that turn is over
  restarts: 0..RESTARTS;

  -- The claim that a seat has sent.
  claim: array [seat] of asked;
  sent_at: array [seat] of boolean;   -- where it was built on: the newest tip, or not
  lapsed: array [seat] of boolean;    -- it says that the holder's lease is over
  since: array [seat] of own_age;     -- it was sent, by the seat's clock
  there: array [seat] of boolean;     -- it is on the feed
  doubts: 0..DOUBTS;

  -- One that was sent before, and that nobody waits for.
  ghost: array [seat] of boolean;
  ghost_at: array [seat] of boolean;
  denied: array [seat] of boolean;    -- meanwhile its command was told no

  -- Who holds it, as it knows itself.
  works: array [seat] of command;
  knows: array [seat] of epoch;
  own: array [seat] of own_age;       -- since its lease counts, by its clock
  late: array [seat] of 0..DRIFT;     -- that clock is behind
  stopping: array [seat] of 0..KILL;
  beat: array [seat] of sign;
  beat_since: array [seat] of own_age;-- it was sent, by the seat's clock

  dead: array [seat] of boolean;
  asleep: array [seat] of boolean;
  overslept: array [seat] of boolean; -- its time was over before it woke
  naps: 0..NAPS;

  -- How it really was, which nobody in it can see.
  claims: 0..CLAIMS;                  -- that have landed
  mine: array [seat] of 0..CLAIMS;    -- which of them a command works by
  written: 0..CLAIMS;                 -- which of them has written outside last
  written_epoch: epoch;               -- what is known of it there
  went_back: boolean;
  jumped: boolean;
  false_no: boolean;
  both_won: boolean;                  -- a beat, and the takeover that it came too late for

------------------------------------------------------------------------------------
-- What a seat, the judge and the feed do.

function acts(s: seat): boolean;
begin
  return !dead[s] & !asleep[s];
end;

function alive(): 0..SEATS;
var n: 0..SEATS;
begin
  n := 0;
  for s: seat do
    if !dead[s] then n := n + 1; end;
  end;
  return n;
end;

procedure moved();
begin
  for s: seat do
    sent_at[s] := false;
    ghost_at[s] := false;
  end;
end;

function ahead(s: seat): 0..SEATS;
var n: 0..SEATS;
begin
  n := 0;
  for o: seat do
    if o != s & turn[o] != 0 & !passed[o]
       & (turn[s] = 0 | passed[s] | turn[o] < turn[s]) then
      n := n + 1;
    end;
  end;
  return n;
end;

function lawful(s: seat; is_over: boolean): boolean;
var n: 0..SEATS;
begin
  if held then
    return holder != s & is_over
      & silent >= LEASE + (WINDOWS_APART = 1 ? GRACE : 0);
  end;
  n := ahead(s);
  return LINE = 0 | IN_TURN = 0 | n = 0 | (TURN_ENDS = 1 & silent >= n * TURN);
end;

procedure leave_line(s: seat);
begin
  for o: seat do
    if turn[s] != 0 & turn[o] > turn[s] then turn[o] := turn[o] - 1; end;
  end;
  turn[s] := 0;
  passed[s] := false;
end;

procedure land(s: seat; stamped: own_age);  -- so long ago, when it was judged
begin
  if LINE = 1 & !held & ahead(s) != 0 & silent < ahead(s) * TURN then
    jumped := true;
  end;
  if !held then
    for o: seat do
      if o != s & turn[o] != 0 & (turn[s] = 0 | turn[o] < turn[s]) then
        passed[o] := true;
      end;
    end;
  end;
  leave_line(s);
  if !held | RAISED = 1 then at_epoch := at_epoch + 1; end;
  held := true;
  holder := s;
  silent := stamped;
  claims := claims + 1;
  there[s] := claim[s] != nothing;
  moved();
end;

procedure forget(s: seat);
begin
  claim[s] := nothing;
  there[s] := false;
  sent_at[s] := false;
  lapsed[s] := false;
  since[s] := 0;
end;

procedure end_command(s: seat);
begin
  works[s] := ended;
  knows[s] := 0;
  mine[s] := 0;
  own[s] := 0;
  late[s] := 0;
  stopping[s] := 0;
  beat[s] := none;
  beat_since[s] := 0;
  overslept[s] := false;
end;

procedure begin_command(s: seat; ep: epoch; number: 0..CLAIMS);
var spent: own_age;
begin
  spent := FROM_SENT = 1 ? since[s] : 0;
  if SELF_FENCING = 0 | spent < LEASE - MARGIN then
    works[s] := runs;
    knows[s] := ep;
    mine[s] := number;
    own[s] := spent;
  end;
  forget(s);
end;

startstate "nobody has it"
begin
  held := false;
  undefine holder;
  at_epoch := 0;
  silent := 0;
  restarts := 0;
  doubts := 0;
  naps := 0;
  claims := 0;
  written := 0;
  written_epoch := 0;
  went_back := false;
  jumped := false;
  false_no := false;
  both_won := false;
  for s: seat do
    turn[s] := 0;
    passed[s] := false;
    there[s] := false;
    ghost[s] := false;
    ghost_at[s] := false;
    denied[s] := false;
    dead[s] := false;
    asleep[s] := false;
    forget(s);
    end_command(s);
  end;
end;

------------------------------------------------------------------------------------
-- A claim: sent, judged, landed, answered.

ruleset s: seat do

  rule "a seat claims"
    acts(s) & works[s] = ended & claim[s] = nothing & !(held & holder = s)
      & claims < CLAIMS
  ==>
  begin
    claim[s] := sent;
    sent_at[s] := QUEUE != 1;
    lapsed[s] := held;
  end;

  rule "a push is judged at the tip that it is built on"
    QUEUE != 1 & claim[s] = sent
  ==>
  begin
    if COMPARE_AND_SET = 1 & !sent_at[s] then
      forget(s);  -- another was first; it begins anew
    elsif lawful(s, lapsed[s]) then
      claim[s] := judged;
    else
      claim[s] := refused;
    end;
  end;

  ruleset early: boolean do

    rule "it moves the ref, from that tip"
      QUEUE != 1 & claim[s] = judged & claims < CLAIMS
    ==>
    begin
      if sent_at[s] | COMPARE_AND_SET = 0 then
        land(s, early ? since[s] : 0);
        claim[s] := landed;
      else
        forget(s);
      end;
    end;

    rule "and lands it there, or judges anew"
      QUEUE != 0 & claim[s] = judged & claims < CLAIMS
    ==>
    begin
      if sent_at[s] | COMPARE_AND_SET = 0 | NEWEST = 0 then
        land(s, early ? since[s] : 0);
        claim[s] := landed;
      else
        claim[s] := sent;
        sent_at[s] := QUEUE != 1;
      end;
    end;

  end;

  rule "the queue judges it at the newest tip"
    QUEUE != 0 & claim[s] = sent
      & (NEWEST = 0 | QUEUE = 2 | forall o: seat do claim[o] != judged end)
  ==>
  begin
    if lawful(s, lapsed[s]) then
      claim[s] := judged;
      sent_at[s] := true;
    else
      claim[s] := refused;
    end;
  end;

  rule "yes, before the ref has moved"
    MOVED_FIRST = 0 & acts(s) & claim[s] = sent & lawful(s, lapsed[s])
      & claims < CLAIMS
  ==>
  begin
    begin_command(s, at_epoch + 1, claims + 1);
    -- On its way it is as any other.
    ghost[s] := true;
    ghost_at[s] := QUEUE != 1;
    denied[s] := false;
  end;

  rule "yes"
    acts(s) & claim[s] = landed
  ==>
  begin
    if held & holder = s then
      begin_command(s, at_epoch, claims);
    else
      forget(s);  -- it has been taken over: exit code 4
    end;
  end;

  rule "no"
    acts(s) & claim[s] = refused
  ==>
  begin
    if there[s] & held & holder = s then
      if SAME_OP = 1 then
        begin_command(s, at_epoch, claims);
      else
        false_no := true;
        forget(s);
      end;
    else
      -- While an earlier try may land, the answer is that nobody can tell.
      denied[s] := ghost[s] & SAME_OP = 0;
      forget(s);
      if LINE = 1 & turn[s] = 0 then
        turn[s] := 1;
        for o: seat do
          if o != s & turn[o] >= turn[s] then turn[s] := turn[o] + 1; end;
        end;
        moved();
      end;
    end;
  end;

  rule "no answer comes"
    acts(s) & doubts < DOUBTS & !ghost[s]
      & (claim[s] = sent | claim[s] = judged | claim[s] = landed)
  ==>
  begin
    doubts := doubts + 1;
    ghost[s] := claim[s] != landed;
    ghost_at[s] := sent_at[s];
    denied[s] := false;
    claim[s] := doubt;
  end;

  rule "it looks for its post"
    acts(s) & claim[s] = doubt
  ==>
  begin
    if SAME_OP = 1 & there[s] & held & holder = s then
      begin_command(s, at_epoch, claims);
    elsif SAME_OP = 1 & there[s] then
      forget(s);
    else
      claim[s] := sent;  -- once more, by the feed as it is now
      sent_at[s] := QUEUE != 1;
      lapsed[s] := held;
    end;
  end;

  rule "what nobody waits for moves the ref"
    ghost[s] & claims < CLAIMS
  ==>
  begin
    if (QUEUE != 0 | ghost_at[s] | COMPARE_AND_SET = 0) & lawful(s, held) then
      if denied[s] & !dead[s] then false_no := true; end;
      land(s, 0);
    end;
    ghost[s] := false;
    ghost_at[s] := false;
    denied[s] := false;
  end;

------------------------------------------------------------------------------------
-- Who holds it: works, beats, stops in time, is done.

  rule "a beat is sent"
    acts(s) & works[s] = runs & beat[s] = none
  ==>
  begin
    beat[s] := beaten;
    beat_since[s] := 0;
  end;

  rule "a beat comes in time"
    beat[s] = beaten
  ==>
  begin
    if held & holder = s & at_epoch = knows[s]
       & silent < LEASE + (WINDOWS_APART = 1 ? 0 : GRACE) then
      beat[s] := in_time;
    else
      beat[s] := none;
      beat_since[s] := 0;
    end;
  end;

  rule "and is stamped, and heard"
    beat[s] = in_time
  ==>
  var its: boolean;
  var still: boolean;
  begin
    its := held & holder = s & at_epoch = knows[s];
    still := its & silent < LEASE + (WINDOWS_APART = 1 ? 0 : GRACE);
    if still | ASKED_AGAIN = 0 then
      beat[s] := heard;
      if !its then both_won := true; end;
    else
      beat[s] := none;
      beat_since[s] := 0;
    end;
    if its then silent := 0; end;
  end;

  rule "its answer is there"
    acts(s) & beat[s] = heard
  ==>
  begin
    if works[s] = runs then
      own[s] := FROM_SENT = 1 ? beat_since[s] : 0;
      late[s] := 0;
    end;
    beat[s] := none;
    beat_since[s] := 0;
  end;

  rule "a beat is lost, or its answer"
    beat[s] != none
  ==>
  begin
    beat[s] := none;
    beat_since[s] := 0;
  end;

  rule "its time is over, by its own clock"
    SELF_FENCING = 1 & acts(s) & works[s] = runs & own[s] >= LEASE - MARGIN
  ==>
  begin
    works[s] := told;
    stopping[s] := 0;
  end;

  rule "its command stops"
    acts(s) & works[s] = told
  ==>
  begin
    end_command(s);
  end;

  rule "its command writes, outside of git"
    acts(s) & works[s] != ended
  ==>
  begin
    if FENCED = 0 | knows[s] >= written_epoch then
      if mine[s] < written then went_back := true; end;
      written := mine[s];
      written_epoch := knows[s];
    end;
  end;

  rule "it is done"
    acts(s) & claim[s] = nothing
      & (works[s] != ended | (held & holder = s))
  ==>
  begin
    if held & holder = s then
      held := false;
      undefine holder;
      silent := 0;
      moved();
    end;
    end_command(s);
  end;

------------------------------------------------------------------------------------
-- What goes wrong.

  rule "a clock falls behind"
    works[s] != ended & late[s] < DRIFT & own[s] > 0
  ==>
  begin
    late[s] := late[s] + 1;
    own[s] := own[s] - 1;
  end;

  rule "a seat dies"
    acts(s) & alive() > 1 & !ghost[s]
  ==>
  begin
    dead[s] := true;
    ghost[s] := claim[s] = sent | claim[s] = judged;
    ghost_at[s] := sent_at[s];
    denied[s] := false;
    forget(s);
    end_command(s);
  end;

  rule "who is silent in line loses the place"
    LAPSES = 1 & turn[s] != 0 & !passed[s] & !acts(s) & claim[s] != judged
  ==>
  begin
    passed[s] := true;
  end;

  rule "a machine falls asleep"
    acts(s) & naps < NAPS
  ==>
  begin
    naps := naps + 1;
    asleep[s] := true;
  end;

  rule "and wakes"
    asleep[s]
  ==>
  begin
    asleep[s] := false;
    if works[s] != ended & own[s] >= LEASE - MARGIN then overslept[s] := true; end;
  end;

end;

-- What it was at is gone with it; an answer may be on its way already.
ruleset cut: boolean do

  rule "the server restarts"
    restarts < RESTARTS
  ==>
  begin
    restarts := restarts + 1;
    silent := LOST_IS_YOUNG = 1 | !held ? 0 : LEASE + GRACE;
    for s: seat do
      if claim[s] = judged | (cut & (claim[s] = sent | claim[s] = landed)) then
        claim[s] := doubt;
      end;
      if beat[s] = in_time | (cut & beat[s] != none) then
        beat[s] := none;
        beat_since[s] := 0;
      end;
    end;
  end;

end;

rule "time goes on"
  -- What is to be done now by one's own clock is done before.
  forall s: seat do
    !acts(s) | !(
      (SELF_FENCING = 1 & works[s] = runs & own[s] >= LEASE - MARGIN)
      | (works[s] = told & stopping[s] >= KILL)
      | (works[s] = told & overslept[s])
    )
  end
==>
begin
  if silent < LEASE + GRACE then silent := silent + 1; end;
  for s: seat do
    if works[s] != ended & own[s] < LEASE then own[s] := own[s] + 1; end;
    if works[s] = told & stopping[s] < KILL then stopping[s] := stopping[s] + 1; end;
    if beat[s] != none & beat_since[s] < LEASE then
      beat_since[s] := beat_since[s] + 1;
    end;
    if claim[s] != nothing & since[s] < LEASE then
      since[s] := since[s] + 1;
    end;
  end;
end;

------------------------------------------------------------------------------------
-- What must hold, whatever happens.

invariant "two never work at once"
  forall s: seat do forall o: seat do
    s = o | works[s] = ended | works[o] = ended
    | !acts(s) | !acts(o) | overslept[s] | overslept[o]
  end end;

invariant "what was written outside is never written over by whoever had it before"
  !went_back;

invariant "a no is true"
  !false_no;

invariant "nobody goes past one whose turn it is"
  !jumped;

invariant "a beat and a takeover never both win"
  !both_won;

invariant "who works by a claim was told of one that landed"
  forall s: seat do mine[s] <= claims end;

-- And these do happen: a world in which nothing does proves nothing.

cover "somebody is replaced while asleep at work"
  NAPS = 0 | exists s: seat do works[s] = runs & held & holder != s end;

cover "somebody is at work whose lease is over, while the grace is not"
  SELF_FENCING = 0 | DRIFT + KILL <= MARGIN
    | exists s: seat do acts(s) & works[s] != ended & held & holder = s
        & silent >= LEASE end;

cover "a takeover is lawful"
  exists s: seat do claim[s] = judged & held & holder != s end;

cover "a beat crosses a takeover"
  -- Who is awake has ended its command, and its beats, by then.
  NAPS = 0 | exists s: seat do beat[s] = in_time & held & holder != s end;

cover "of a push nothing is left"
  RESTARTS = 0 | exists s: seat do claim[s] = doubt & !ghost[s] & !there[s] end;

cover "somebody is behind a dead one in line"
  LINE = 0 | exists s: seat do exists o: seat do
    acts(s) & dead[o] & !passed[o] & turn[o] != 0 & turn[s] > turn[o]
  end end;

cover "somebody is passed in line"
  LINE = 0 | exists s: seat do passed[s] end;

cover "a post is found by whoever had no answer"
  DOUBTS = 0 | exists s: seat do claim[s] = doubt & there[s] end;

cover "a claim is lost to another one's"
  exists s: seat do claim[s] = refused & held end;

cover "somebody works by the last claim"
  exists s: seat do works[s] = runs & mine[s] = CLAIMS end;

liveness "whoever is alive can always get on, in the end"
  claims = CLAIMS;
