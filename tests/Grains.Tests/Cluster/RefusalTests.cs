using CoKe.Abstractions;
using CoKe.Client;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Streams;

namespace CoKe.Grains.Tests.Cluster;

/// <summary>Bad input is refused whole with a typed error that names field and value, and the state is unchanged.</summary>
public sealed class RefusalTests(OneSilo silo) : IClassFixture<OneSilo>
{
    const int N = 64,
        D = 8,
        B = 16;
    static int _runs;

    public static TheoryData<string, int[], float[], string> BadBatches()
    {
        var good = Rows(0, 2);
        return new()
        {
            { "NaN", [0, 1], With(good, 3, float.NaN), "embeddings" },
            { "infinite", [0, 1], With(good, 9, float.PositiveInfinity), "embeddings" },
            { "zero row", [0, 1], [.. good[..D], .. new float[D]], "embeddings" },
            { "norm", [0, 1], [.. good.Select(v => v * 1.002f)], "embeddings" },
            { "dimension", [0, 1], good[..^1], "embeddings" },
            { "empty", [], [], "rows" },
            { "negative id", [-1, 1], good, "imageIds" },
            { "unknown id", [0, N], good, "imageIds" },
            { "repeated in a step", [3, 3], good, "imageIds" },
        };
    }

    [Theory]
    [MemberData(nameof(BadBatches))]
    public async Task Push_BadBatch_IsRefusedAndStateIsUnchanged(string what, int[] ids, float[] embeddings, string field)
    {
        var (run, coke) = await NewRun();
        await using var session = await coke.OpenSessionAsync(run);
        var error = await Assert.ThrowsAnyAsync<CokeException>(async () => await session.PushAsync(ids, embeddings));
        Assert.True(error.Field.Length > 0 && error.Message.Length > 0, what);
        Assert.Contains(field[..4], error.Field + error.Message, StringComparison.OrdinalIgnoreCase);

        // The same epoch goes on as if nothing had been pushed.
        foreach (var chunk in Enumerable.Range(0, N).Chunk(B))
            await session.PushAsync(chunk, Rows(chunk[0], chunk.Length));
        var report = await session.EndEpochAsync();
        Assert.Equal(N, report.Rows);
    }

    [Fact]
    public async Task Push_ImageRepeatedInAnEpoch_IsRefused()
    {
        var (run, coke) = await NewRun();
        await using var session = await coke.OpenSessionAsync(run);
        await session.PushAsync([0, 1], Rows(0, 2));
        var error = await Assert.ThrowsAsync<InvalidImageIdException>(async () => await session.PushAsync([1, 2], Rows(1, 2)));
        Assert.Equal(("imageIds", "1"), (error.Field, error.Value));
    }

    [Fact]
    public async Task Push_OversizeMessage_IsRefusedAtTheProducerAndTheSessionGoesOn()
    {
        const int Many = 600_000;
        var coke = silo.Cluster.Coke;
        await coke.CreateRunAsync(new RunSpecification("oversize", Specification("oversize", 1).Clustering with { ImageCount = Many }));
        await using var session = await coke.OpenSessionAsync("oversize");
        await session.PushAsync([0, 1], Rows(0, 2));
        var rows = Rows(2, 1);
        var embeddings = new float[(Many - 2) * D];
        for (var i = 0; i < Many - 2; i++)
            rows.CopyTo(embeddings, i * D);
        var error = await Assert.ThrowsAsync<OversizeMessageException>(async () =>
            await session.PushAsync([.. Enumerable.Range(2, Many - 2)], embeddings)
        );
        Assert.True(long.Parse(error.Value) > 4L * embeddings.Length);
        await session.PushAsync([2, 3], Rows(2, 2));
        Assert.Equal(4, (await session.EndEpochAsync()).Rows);
    }

    [Fact]
    public async Task Push_ImageOfAnotherTrainer_IsRefusedByTheSequencerAndCanBeReplaced()
    {
        var (run, coke) = await NewRun(trainers: 2);
        await using var first = await coke.OpenSessionAsync(run, 0);
        await using var second = await coke.OpenSessionAsync(run, 1);
        await first.PushAsync([0, 1], Rows(0, 2));
        await second.PushAsync([1, 2], Rows(1, 2));
        var error = await Assert.ThrowsAsync<RefusedBatchException>(() => second.EndEpochAsync());
        Assert.Equal(RefusalKind.InvalidImageId, error.Refusal.Kind);
        Assert.Equal("1", error.Value);
        second.Replace(error.Refusal.Identity.Sequence, [5, 2], Rows(5, 2));
        var reports = await Task.WhenAll(first.EndEpochAsync(), second.EndEpochAsync());
        Assert.Equal(4, reports[0].Rows);
    }

    [Fact]
    public async Task Stream_EqualIdentityWithOtherContent_IsRefusedAndTheFirstCounts()
    {
        var (run, coke) = await NewRun();
        var (stream, runId) = await silo.Cluster.OpenStreamAsync(run);
        await silo.Cluster.AdmitAsync(run, 0);
        await stream.SendAsync(Message(runId, 0, [0, 1]));
        await stream.SendAsync(Message(runId, 0, [0, 1]));
        await stream.SendAsync(Message(runId, 0, [7, 8]));
        var progress = await silo.Cluster.PollUntilAsync(runId, p => p.Refusals.Count > 0);
        Assert.Equal(RefusalKind.ConflictingContent, progress.Refusals[0].Kind);
        await stream.SendAsync(Message(runId, 1, null));
        var status = await coke.GetStatusAsync(run);
        while (status.Epoch == 0)
            status = await coke.WaitForChangeAsync(status);
        Assert.Equal(2, status.LastEpoch!.Rows);
    }

    [Fact]
    public async Task Stream_BadContentWithoutASession_IsRefusedByTheSequencer()
    {
        var (run, _) = await NewRun();
        var (stream, runId) = await silo.Cluster.OpenStreamAsync(run);
        await silo.Cluster.AdmitAsync(run, 0);
        await stream.SendAsync(Message(runId, 0, [0, 1]) with { Embeddings = new FloatValues(With(Rows(0, 2), 0, float.NaN)) });
        var progress = await silo.Cluster.PollUntilAsync(runId, p => p.Refusals.Count > 0);
        Assert.Equal(RefusalKind.InvalidEmbeddings, progress.Refusals[0].Kind);
        await stream.SendAsync(Message(runId, 0, [0, 1]));
        progress = await silo.Cluster.PollUntilAsync(runId, p => p.DurableWatermark > 0);
        Assert.Empty(progress.Refusals);
    }

    [Fact]
    public async Task Create_SameSpecificationTwice_ChangesNothing_AnotherIsRefused()
    {
        var (run, coke) = await NewRun();
        var before = await coke.GetStatusAsync(run);
        var again = await coke.CreateRunAsync(Specification(run, 1));
        Assert.Equal(before.RunId, again.RunId);
        var error = await Assert.ThrowsAsync<RunConflictException>(() => coke.CreateRunAsync(Specification(run, 2)));
        Assert.Equal(run, error.Value);
    }

    [Fact]
    public async Task EveryQuestion_UnknownRun_IsRefusedByName()
    {
        var coke = silo.Cluster.Coke;
        foreach (
            var ask in new Func<Task>[]
            {
                () => coke.GetStatusAsync("nobody"),
                () => coke.GetClustersAsync("nobody", 0),
                () => coke.GetClusterAsync("nobody", 0, 0),
                () => coke.OpenSessionAsync("nobody"),
            }
        )
        {
            var error = await Assert.ThrowsAsync<UnknownRunException>(ask);
            Assert.Equal(("run", "nobody"), (error.Field, error.Value));
        }
    }

    [Theory]
    [InlineData(7, 0, "head")]
    [InlineData(0, 4, "cluster")]
    [InlineData(0, -1, "cluster")]
    public async Task ClusterInfo_UnknownHeadOrCluster_IsRefusedByName(int head, int cluster, string field)
    {
        var (run, coke) = await NewRun();
        var error = await Assert.ThrowsAsync<UnknownPartException>(() => coke.GetClusterAsync(run, head, cluster));
        Assert.Equal(field, error.Field);
    }

    [Fact]
    public async Task Session_RankTakenByANewerOne_IsFenced()
    {
        var (run, coke) = await NewRun();
        await using var older = await coke.OpenSessionAsync(run);
        await using var newer = await coke.OpenSessionAsync(run);
        await Assert.ThrowsAsync<FencedTrainerException>(() => older.EndEpochAsync());
        await newer.PushAsync([0, 1], Rows(0, 2));
        Assert.Equal(2, (await newer.EndEpochAsync()).Rows);
    }

    [Fact]
    public async Task Labels_BeforeAnyBoundaryOrOfUnknownImages_AreRefused()
    {
        var (run, coke) = await NewRun();
        await using var session = await coke.OpenSessionAsync(run);
        await Assert.ThrowsAsync<EpochNotReadableException>(() => session.GetLabelsAsync(new[] { 0 }));
        await session.PushAsync([0, 1], Rows(0, 2));
        await session.EndEpochAsync();
        var labels = await session.GetLabelsAsync(new[] { 1, 63 });
        Assert.True(labels.Labels[0][0] >= 0);
        Assert.Equal(-1, labels.Labels[0][1]);
        await Assert.ThrowsAsync<InvalidImageIdException>(() => session.GetLabelsAsync(new[] { 64 }));
    }

    [Fact]
    public async Task StaleCalls_OfAnotherVersionOrIncarnation_HaveNoEffect()
    {
        var (run, coke) = await NewRun();
        await using var session = await coke.OpenSessionAsync(run);
        await session.PushAsync([0, 1, 2, 3], Rows(0, 4));
        await session.EndEpochAsync();
        var runId = (await coke.GetStatusAsync(run)).RunId;
        var before = await coke.GetClusterAsync(run, 0, 0);
        var cluster = silo.Cluster.Client.GetGrain<IClusterGrain>(Keys.Cluster(runId, 0, 0));
        foreach (
            var fence in new[]
            {
                new CallFence(1, 9, before.Version - 1),
                new CallFence(0, 9, before.Version),
                new CallFence(2, 9, before.Version),
            }
        )
        {
            await Assert.ThrowsAsync<StaleCallException>(() =>
                cluster.ApplyAsync(
                    new ClusterContribution(fence, 1, 4, 1, 0, 1, new DoubleValues(new double[D]), new IntValues([0]), new FloatValues([1]))
                )
            );
        }

        var after = await coke.GetClusterAsync(run, 0, 0);
        Assert.Equal((before.Version, before.Count, before.Dual), (after.Version, after.Count, after.Dual));
    }

    [Fact]
    public async Task Commit_OfAnEpochThatIsNotClosed_IsRefusedAndHasNoEffect()
    {
        var (run, coke) = await NewRun();
        await using var session = await coke.OpenSessionAsync(run);
        await session.PushAsync([0, 1, 2, 3], Rows(0, 4));
        await session.EndEpochAsync();
        var runId = (await coke.GetStatusAsync(run)).RunId;
        var (scorer, shard) = (
            silo.Cluster.Client.GetGrain<IScorerGrain>(Keys.Scorer(runId, 0)),
            silo.Cluster.Client.GetGrain<IImageShardGrain>(Keys.Shard(runId, 0))
        );
        var labels = (await session.GetLabelsAsync(new[] { 0, 1, 2, 3 })).Labels[0];
        await Assert.ThrowsAsync<StaleCallException>(() => scorer.CommitAsync(new CommitCall(1, 1)));
        await Assert.ThrowsAsync<StaleCallException>(() => shard.CommitAsync(new CommitCall(1, 1)));
        await scorer.CommitAsync(new CommitCall(1, 0)); // repeated
        await shard.CommitAsync(new CommitCall(1, 0));
        Assert.Equal(4 * D, (await session.GetCentersAsync())[0].Length);
        Assert.Equal(labels, (await session.GetLabelsAsync(new[] { 0, 1, 2, 3 })).Labels[0]);
    }

    [Fact]
    public async Task Status_OfARunWithInitialCenters_LeavesThemOut()
    {
        var specification = Specification("with-centers", 1) with { InitialCenters = [new FloatValues(Rows(0, 4))] };
        Assert.Null((await silo.Cluster.Coke.CreateRunAsync(specification)).Specification.InitialCenters);
        await using var session = await silo.Cluster.Coke.OpenSessionAsync("with-centers");
        Assert.Null(session.Specification.InitialCenters);
        Assert.Equal(Rows(0, 1), (await silo.Cluster.Coke.GetClusterAsync("with-centers", 0, 0)).Center.Span.ToArray());
        await Assert.ThrowsAsync<RunConflictException>(() => silo.Cluster.Coke.CreateRunAsync(specification.WithoutInitialCenters()));
    }

    [Fact]
    public async Task EveryQuestion_EmptyRunName_IsRefusedByName()
    {
        foreach (var name in new[] { "", " ", "a/b" })
        {
            Assert.Equal(name, (await Assert.ThrowsAsync<UnknownRunException>(() => silo.Cluster.Coke.GetStatusAsync(name))).Value);
            var specification = new RunSpecification(name, Specification("x", 1).Clustering);
            Assert.Equal(
                "name",
                (await Assert.ThrowsAsync<InvalidOptionsException>(() => silo.Cluster.Coke.CreateRunAsync(specification))).Field
            );
        }
    }

    [Theory]
    [InlineData("a\0b")] // no text that PostgreSQL takes
    [InlineData("name\n")]
    [InlineData("a b")]
    public async Task EveryQuestion_WhatCannotBeAName_IsUnknownWithoutAskingTheDatabase(string name)
    {
        var reads = 0;
        silo.Cluster.Storage.HoldRead = kind =>
        {
            if (kind == "record")
                Interlocked.Increment(ref reads);
            return Task.CompletedTask;
        };
        Assert.Equal(name, (await Assert.ThrowsAsync<UnknownRunException>(() => silo.Cluster.Coke.GetStatusAsync(name))).Value);
        await Assert.ThrowsAsync<UnknownRunException>(() => silo.Cluster.Coke.DeleteRunAsync(name));
        Assert.Equal(0, reads);
        await NewRun();
        Assert.NotEqual(0, reads); // or nothing was counted
    }

    async Task<(string Run, CokeClient Coke)> NewRun(int trainers = 1)
    {
        var name = $"run-{Interlocked.Increment(ref _runs)}";
        await silo.Cluster.Coke.CreateRunAsync(Specification(name, trainers));
        return (name, silo.Cluster.Coke);
    }

    static RunSpecification Specification(string name, int trainers) =>
        new(
            name,
            new ClusteringOptions
            {
                ImageCount = N,
                Dimension = D,
                BatchSize = B,
                Heads = [new HeadOptions { ClusterCount = 4 }],
            },
            trainers
        );

    static MiniBatch Message(string runId, long sequence, int[]? ids) =>
        new(
            runId,
            new BatchIdentity(0, 0, 0, sequence),
            1,
            1,
            new IntValues(ids ?? []),
            new FloatValues(ids is null ? [] : Rows(ids[0], ids.Length)),
            ids is null ? sequence : null
        );

    static float[] Rows(int first, int n) => Embeddings.Rows(first, n, D);

    static float[] With(float[] values, int at, float value)
    {
        var copy = (float[])values.Clone();
        copy[at] = value;
        return copy;
    }
}
