namespace CoKe.Simulation.Mutations;

/// <summary>Rules 6 and 7: identity, polling.</summary>
static class IdentityAndPolling
{
    const string Inbox = "src/Grains/Protocol/Inbox.cs";
    const string RankInbox = "src/Grains/Protocol/RankInbox.cs";
    const string Session = "src/Client/Delivery.cs";

    public static IReadOnlyList<Mutation> All { get; } =
    [
        new(6, "lower attempts are dropped", new Edit(Inbox, "id.Attempt != Attempt || ", "id.Attempt > Attempt || ")),
        // That the next epoch's are held has no mutation: a session that knows of it sends again, so dropping them costs time only.
        // Alone dropping them survives: a filed message is found under its epoch, and a closed one is never looked for.
        new(
            6,
            "closed epochs are dropped; what waits is found under its own epoch",
            new Edit(Inbox, "id.Epoch < Epoch || ", ""),
            new Edit(
                RankInbox,
                "PlaceOf(in BatchIdentity identity) => (identity.Epoch, identity.Sequence);",
                "PlaceOf(in BatchIdentity identity) => (0, identity.Sequence);"
            ),
            new Edit(RankInbox, "_waiting.GetValueOrDefault((epoch, Next));", "_waiting.GetValueOrDefault((0, Next));"),
            new Edit(RankInbox, "var filed = Forget((epoch, Next))!;", "var filed = Forget((0, Next))!;"),
            new Edit(RankInbox, "foreach (var late in _waiting.Keys.Where(k => k.Epoch < epoch).ToArray()) Forget(late);", "")
        ),
        new(
            6,
            "what is in the version that was restored is dropped",
            new Edit(RankInbox, "identity.Epoch == openEpoch && identity.Sequence < _resumedAt;", "false;"),
            new Edit(
                RankInbox,
                "? _taken[(int)(identity.Sequence - _resumedAt)]",
                "? _taken.ElementAtOrDefault((int)(identity.Sequence - _resumedAt))"
            )
        ),
        new(
            6,
            "the same identity with other content is refused",
            new Edit(
                Inbox,
                "if (ofRank.HashOf(id, Epoch) is { } known)",
                "if (ofRank.HashOf(id, Epoch) is { } known && known == contentHash)"
            )
        ),
        new(
            6,
            "an image counts once per epoch",
            new Edit(
                Inbox,
                "if (parts[rank] is not { } part || _seen.TryMark(part.ImageIds.Span, out var repeated)) continue;",
                "if (parts[rank] is not { } part || _seen.TryMark(part.ImageIds.Span, out var repeated) || repeated >= 0) continue;"
            )
        ),
        new(
            7,
            "without progress a session sends again",
            new Edit(Session, "|| _time.GetElapsedTime(quietSince) > _session.ResendAfter)", ")")
        ),
        // On a new incarnation alone: what is sent again for want of progress covers it, only later.
        new(
            7,
            "a session sends again from the watermark on, not from what was heard",
            new Edit("src/Client/SendWindow.cs", "Advance(news.DurableWatermark);", "Advance(news.NextExpected);")
        ),
        // Alone this survives: a run that is quiet checkpoints, which makes room in the smallest window, slowly.
        new(
            7,
            "a window holds twice the checkpoint interval; a quiet run checkpoints",
            new Edit(
                "src/Grains/Sequencing/SequencerOptions.cs",
                "LeastWindow => (2 * CheckpointInterval) + Lead + 1;",
                "LeastWindow => 1;"
            ),
            new Edit("src/Grains/Sequencing/LiveRun.cs", "_quiet = _stepsSinceCapture > 0;", "_quiet = false;")
        ),
    ];
}
