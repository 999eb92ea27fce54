using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Protocol;
using CsCheck;

namespace CoKe.Grains.Tests.Protocol;

/// <summary>Ordering and de-duplication, apart from Orleans.</summary>
public sealed class InboxTests
{
    const int N = 40,
        D = 2,
        Capacity = 8;

    [Fact]
    public void Offer_AnyOrderAndAnyRepetition_TakesTheSameSteps() =>
        Gen.Int[0, int.MaxValue]
            .Sample(seed =>
            {
                var random = new SeededRandom(seed);
                var trainers = 1 + random.NextInt32(3);
                var (sent, ids) = (new List<MiniBatch>(), 0);
                for (var rank = 0; rank < trainers; rank++)
                {
                    var batches = 1 + random.NextInt32(5);
                    for (var s = 0; s < batches; s++)
                        sent.Add(Batch(rank, s, [ids++, ids++]));
                    sent.Add(End(rank, batches));
                }

                // Keep offering shuffled copies until the epoch is over; every one may come at any time and several times.
                var inbox = Open(trainers);
                var taken = new List<(int Rank, long Sequence)>();
                var rounds = 0;
                while (!inbox.AllEnded)
                {
                    Assert.True(rounds++ < 1000);
                    var order = random.Permutation(sent.Count);
                    foreach (var i in order)
                    {
                        inbox.Offer(sent[i], ContentHash.Of(sent[i]));
                        while (inbox.TryTake(out var step))
                            taken.AddRange(step.Batches.Select(b => (b.Identity.Rank, b.Identity.Sequence)));
                    }
                }

                var expected = sent.Where(m => !m.IsEnd)
                    .Select(m => (m.Identity.Rank, m.Identity.Sequence))
                    .OrderBy(x => x.Sequence)
                    .ThenBy(x => x.Rank);
                Assert.Equal(expected, taken);
            });

    [Fact]
    public void IsAwaited_NamesWhoseNextPartIsMissingWhileTheOthersAreThere()
    {
        var inbox = Open(3);
        Assert.DoesNotContain(true, Awaited());
        Offer(inbox, Batch(0, 0, [0, 1]));
        Assert.Equal<bool>([false, true, true], Awaited());
        Offer(inbox, Batch(2, 0, [2, 3]));
        Offer(inbox, Batch(1, 1, [4, 5])); // not the next one
        Assert.Equal<bool>([false, true, false], Awaited());
        Offer(inbox, Batch(1, 0, [6, 7]));
        Assert.DoesNotContain(true, Awaited());
        Assert.True(inbox.TryTake(out _));
        Offer(inbox, End(0, 1));
        Assert.True(inbox.HasEnded(0)); // it waits for the others, and has nothing more to say
        Assert.Equal<bool>([false, false, true], Awaited());
        Assert.False(inbox.HasEnded(1));

        bool[] Awaited() => [.. Enumerable.Range(0, 3).Select(inbox.IsAwaited)];
    }

    [Fact]
    public void Offer_ClosedEpochOtherAttemptOrGeneration_IsDropped()
    {
        var inbox = Open(1);
        var batch = Batch(0, 0, [0, 1]);
        Assert.Equal(Admission.Dropped, Offer(inbox, batch with { Identity = batch.Identity with { Attempt = 1 } }));
        Assert.Equal(Admission.NewerTrainer, Offer(inbox, batch with { Generation = 2 }));
        Assert.Equal(Admission.Dropped, Offer(inbox, batch with { Generation = 0 }));
        Assert.Equal(Admission.Dropped, Offer(inbox, batch with { Identity = batch.Identity with { Rank = 1 } }));
        Assert.Equal(Admission.Dropped, Offer(inbox, batch with { Identity = batch.Identity with { Epoch = 2 } }));
        Offer(inbox, End(0, 0));
        Assert.True(inbox.TryTake(out _));
        inbox.OpenEpoch();
        Assert.Equal(Admission.Dropped, Offer(inbox, batch));
        Assert.False(inbox.TryTake(out _));
    }

    [Fact]
    public void Offer_NextEpoch_IsHeldUntilTheBoundary()
    {
        var inbox = Open(1);
        Assert.Equal(Admission.Filed, Offer(inbox, Batch(0, 0, [0, 1], epoch: 1)));
        Assert.False(inbox.TryTake(out _));
        Offer(inbox, End(0, 0));
        Assert.True(inbox.TryTake(out _));
        Assert.True(inbox.AllEnded);
        Assert.False(inbox.TryTake(out _));
        inbox.OpenEpoch();
        Assert.True(inbox.TryTake(out var step));
        Assert.Single(step.Batches);
    }

    [Fact]
    public void Offer_TooFarAhead_IsDroppedAndTheBufferStaysBounded()
    {
        var inbox = Open(1);
        Assert.Equal(Admission.Filed, Offer(inbox, Batch(0, Capacity - 1, [0, 1])));
        Assert.Equal(Admission.Dropped, Offer(inbox, Batch(0, Capacity, [2, 3])));
    }

    [Fact]
    public void Offer_SameIdentityOtherContent_IsRefusedBeforeAndAfterItWasTaken()
    {
        var inbox = Open(1);
        Offer(inbox, Batch(0, 0, [0, 1]));
        Assert.Equal(Admission.Refused, Offer(inbox, Batch(0, 0, [2, 3])));
        Assert.True(inbox.TryTake(out var step));
        Assert.Equal([0, 1], step.Batches[0].ImageIds.Span.ToArray());
        Assert.Equal(Admission.Refused, Offer(inbox, Batch(0, 0, [4, 5])));
        Assert.Equal(Admission.Dropped, Offer(inbox, Batch(0, 0, [0, 1])));
        Assert.False(inbox.TryTake(out _));
    }

    [Fact]
    public void TryTake_ImageRepeatedInTheEpoch_RefusesThatPartAndLeavesItsSequenceOpen()
    {
        var inbox = Open(2);
        Offer(inbox, Batch(0, 0, [0, 1]));
        Offer(inbox, Batch(1, 0, [2, 0]));
        Assert.False(inbox.TryTake(out _));
        var refusal = Assert.Single(inbox.Ranks[1].Refusals);
        Assert.Equal((RefusalKind.InvalidImageId, "imageIds", "0"), (refusal.Kind, refusal.Field, refusal.Value));
        Assert.Equal(Admission.Dropped, Offer(inbox, Batch(1, 0, [2, 0])));
        Assert.Equal(Admission.Filed, Offer(inbox, Batch(1, 0, [2, 3])));
        Assert.Empty(inbox.Ranks[1].Refusals);
        Assert.True(inbox.TryTake(out var step));
        Assert.Equal(2, step.Batches.Count);
        Assert.Equal([1, 1], step.Watermarks);
    }

    [Fact]
    public void TryTake_OneRankEnded_GoesOnWithTheOthersAndNeverPassesTheEnd()
    {
        var inbox = Open(2);
        Offer(inbox, End(0, 0));
        Offer(inbox, Batch(1, 0, [0, 1]));
        Offer(inbox, Batch(1, 1, [2, 3]));
        Assert.True(inbox.TryTake(out var first));
        Assert.Single(first.Batches);
        Assert.Equal([0, 1], first.Watermarks);
        Assert.True(inbox.TryTake(out var second));
        Assert.Equal([0, 2], second.Watermarks);
        Assert.False(inbox.AllEnded);
        Offer(inbox, End(1, 2));
        Assert.True(inbox.TryTake(out var last));
        Assert.Equal([0, 2], last.Watermarks);
        Assert.True(inbox.AllEnded);
    }

    [Fact]
    public void Offer_EndThatDoesNotFitTheBatches_IsRefused()
    {
        var inbox = Open(1);
        Assert.Equal(Admission.Refused, Offer(inbox, End(0, 3) with { EndCount = 2 }));
        Assert.Equal(RefusalKind.InvalidEnd, Assert.Single(inbox.Ranks[0].Refusals).Kind);
    }

    [Fact]
    public void Offer_EndThatCarriesImages_IsRefused()
    {
        var inbox = Open(1);
        Assert.Equal(Admission.Refused, Offer(inbox, End(0, 0) with { ImageIds = new IntValues([N + 1]) }));
        Assert.Equal(RefusalKind.InvalidEnd, Assert.Single(inbox.Ranks[0].Refusals).Kind);
        Assert.False(inbox.TryTake(out _));
        Assert.Equal(Admission.Filed, Offer(inbox, End(0, 0)));
        Assert.True(inbox.TryTake(out _));
    }

    [Fact]
    public void Offer_BehindTheEndOfTheRank_IsRefusedAndASecondEndHasNoEffect()
    {
        var inbox = Open(2);
        Offer(inbox, End(0, 0));
        Offer(inbox, Batch(1, 0, [0, 1]));
        Assert.True(inbox.TryTake(out _));
        Assert.Equal(Admission.Refused, Offer(inbox, Batch(0, 1, [2, 3])));
        Assert.Equal(RefusalKind.InvalidEnd, Assert.Single(inbox.Ranks[0].Refusals).Kind);
        Assert.Equal(Admission.Dropped, Offer(inbox, End(0, 1)));
        Assert.Equal(Admission.Dropped, Offer(inbox, End(0, 0)));
    }

    [Fact]
    public void Offer_RefusedInTheNextEpoch_StaysRefusedWhateverTheOpenOneFiles()
    {
        var inbox = Open(1);
        var bad = Batch(0, 0, [0, N], epoch: 1);
        Assert.Equal(Admission.Refused, Offer(inbox, bad));
        Assert.Equal(Admission.Filed, Offer(inbox, Batch(0, 0, [0, 1])));
        Assert.Equal(Admission.Dropped, Offer(inbox, bad));
        Assert.Single(inbox.Ranks[0].Refusals);
        Offer(inbox, End(0, 1));
        while (inbox.TryTake(out _))
            Assert.Equal(0, inbox.Epoch);
        inbox.OpenEpoch();
        Assert.Single(inbox.Ranks[0].Refusals);
        Assert.Equal(Admission.Filed, Offer(inbox, Batch(0, 0, [0, 1], epoch: 1)));
        Assert.Empty(inbox.Ranks[0].Refusals);
    }

    [Fact]
    public void Offer_BeforeItsTurn_TakesOnlyTheBytesThatItsRankMayHave_WhatIsDueAlwaysGetsIn()
    {
        const int large = 6 << 20; // bytes of a message, about
        var room = new ReorderRoom(large + 1000);
        var inbox = Open(trainers: 2, room);
        Assert.Equal(Admission.Filed, Offer(inbox, Large(1)));
        Assert.Equal(Admission.Filed, Offer(inbox, Large(2))); // so much every rank may have
        Assert.Equal(0, room.Taken);
        Assert.Equal(Admission.Filed, Offer(inbox, Large(3)));
        Assert.Equal((3 * Large(1).SizeInBytes) - RankInbox.OwnBytes, room.Taken);
        Assert.Equal(Admission.Dropped, Offer(inbox, Large(4)));
        Assert.Equal(Admission.Dropped, Offer(inbox, Large(0, epoch: 1)));
        Assert.Equal(Admission.Filed, Offer(inbox, Large(0))); // all of which wait for it
        Assert.Equal(Admission.Dropped, Offer(inbox, Large(0)));

        // Another run has the rest.
        var other = Open(trainers: 2, room);
        for (var sequence = 1; sequence <= 2; sequence++)
            Assert.Equal(Admission.Filed, Offer(other, Large(sequence)));
        Assert.Equal(Admission.Dropped, Offer(other, Large(3)));
        inbox.Abandon();
        Assert.Equal(0, room.Taken);
        Assert.Equal(Admission.Filed, Offer(other, Large(3)));

        MiniBatch Large(int sequence, int epoch = 0) =>
            Batch(0, sequence, [.. Enumerable.Repeat(sequence, large / ((D + 1) * sizeof(float)))], epoch);
    }

    static Inbox Open(int trainers, ReorderRoom? room = null)
    {
        var inbox = new Inbox(
            new ClusteringOptions
            {
                ImageCount = N,
                Dimension = D,
                BatchSize = 2,
                Heads = [new HeadOptions { ClusterCount = 2 }],
            },
            trainers,
            Capacity,
            room: room
        );
        foreach (var ofRank in inbox.Ranks)
            ofRank.Admit(1);
        return inbox;
    }

    static Admission Offer(Inbox inbox, MiniBatch message) => inbox.Offer(message, ContentHash.Of(message));

    static MiniBatch Batch(int rank, long sequence, int[] ids, int epoch = 0) =>
        new(
            "run~1",
            new BatchIdentity(rank, epoch, 0, sequence),
            1,
            1,
            new IntValues(ids),
            new FloatValues([.. ids.SelectMany(_ => new[] { 0.6f, 0.8f })]),
            null
        );

    static MiniBatch End(int rank, long count) =>
        new("run~1", new BatchIdentity(rank, 0, 0, count), 1, 1, new IntValues([]), new FloatValues([]), count);
}
