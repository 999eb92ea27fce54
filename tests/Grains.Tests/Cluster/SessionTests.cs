using CoKe.Abstractions;
using CoKe.Client;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;

namespace CoKe.Grains.Tests.Cluster;

/// <summary>A session always ends in a result or in an error: nothing that happens to it leaves its trainer waiting.</summary>
public sealed class SessionTests(OneSilo silo) : IClassFixture<OneSilo>
{
    const int N = 64,
        D = 8;
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    static int _runs;

    [Fact]
    public async Task Admit_NewerTrainer_ForgetsWhatTheOlderOneHadWaiting()
    {
        var (run, coke) = await NewRun(trainers: 2);
        await using var other = await coke.OpenSessionAsync(run, 1);
        await using var older = await coke.OpenSessionAsync(run, 0);
        await older.PushAsync([0, 1], Rows(0, 2));
        await WaitUntilFiled(run);

        await using var newer = await coke.OpenSessionAsync(run, 0);
        await newer.PushAsync([2, 3, 4], Rows(2, 3));
        var ends = Task.WhenAll(newer.EndEpochAsync(), other.EndEpochAsync());
        Assert.Equal(3, (await ends.WaitAsync(Patience))[0].Rows);
    }

    [Fact]
    public async Task Push_AfterTheRankEndedTheEpoch_IsRefused()
    {
        var (run, coke) = await NewRun(trainers: 2);
        await using var other = await coke.OpenSessionAsync(run, 1);
        await using var session = await coke.OpenSessionAsync(run, 0);
        await session.PushAsync([0, 1], Rows(0, 2));
        var end = session.EndEpochAsync();
        var error = await Assert.ThrowsAsync<InvalidOptionsException>(async () => await session.PushAsync([2, 3], Rows(2, 2)));
        Assert.Equal(("epoch", "0"), (error.Field, error.Value));
        await Task.WhenAll(end, other.EndEpochAsync()).WaitAsync(Patience);
        await session.PushAsync([2, 3], Rows(2, 2));
    }

    [Fact]
    public async Task Replace_WithImagesThatTheRefusedBatchGaveUp_TheyCanBePushedLater()
    {
        var (first, second, refused) = await RefusedSecond();
        second.Replace(refused.Identity.Sequence, [5], Rows(5, 1));
        await second.PushAsync([2], Rows(2, 1)); // was in the refused batch, and in no other
        var ends = Task.WhenAll(first.EndEpochAsync(), second.EndEpochAsync());
        Assert.Equal(4, (await ends.WaitAsync(Patience))[0].Rows);
    }

    [Fact]
    public async Task Replace_WithAnImageOfAnotherBatchOfItsOwn_IsRefusedAndCanBeRepeated()
    {
        var (first, second, refused) = await RefusedSecond([9]);
        var error = Assert.Throws<InvalidImageIdException>(() => second.Replace(refused.Identity.Sequence, [9], Rows(9, 1)));
        Assert.Equal("9", error.Value);
        second.Replace(refused.Identity.Sequence, [2], Rows(2, 1));
        var ends = Task.WhenAll(first.EndEpochAsync(), second.EndEpochAsync());
        Assert.Equal(4, (await ends.WaitAsync(Patience))[0].Rows);
    }

    [Fact]
    public async Task Dispose_WhileTheTrainerWaits_EndsTheWaitAndLaterCalls()
    {
        var (run, coke) = await NewRun(trainers: 2);
        var session = await coke.OpenSessionAsync(run, 0, new SessionOptions { Window = 12, Concurrency = 1 });
        for (var i = 0; i < 12; i++)
            await session.PushAsync([i], Rows(i, 1));
        var full = session.PushAsync([12], Rows(12, 1)).AsTask(); // the other rank is missing: the window stays full
        Assert.False(full.IsCompleted);
        await session.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => full.WaitAsync(Patience));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => session.EndEpochAsync().WaitAsync(Patience));
        await session.DisposeAsync();
    }

    [Fact]
    public async Task Replace_OfARankThatWasTakenMeanwhile_EndsInTheFence()
    {
        var (first, second, refused) = await RefusedSecond();
        await using var newer = await silo.Cluster.Coke.OpenSessionAsync(second.Specification.Name, 1);
        await newer.PushAsync([7], Rows(7, 1));
        await Task.WhenAll(first.EndEpochAsync(), newer.EndEpochAsync()).WaitAsync(Patience); // the older poller has met the fence by now
        try
        {
            second.Replace(refused.Identity.Sequence, [5], Rows(5, 1));
        }
        catch (InvalidOptionsException)
        {
            // No refusal is open any more: as good.
        }

        await Assert.ThrowsAsync<FencedTrainerException>(() => second.EndEpochAsync().WaitAsync(Patience));
    }

    [Fact]
    public void Window_LargerThanTheSequencerFiles_IsRefused()
    {
        var error = Assert.Throws<InvalidOptionsException>(() => new SessionOptions { Window = 257 }.Validate());
        Assert.Equal(("window", "257"), (error.Field, error.Value));
    }

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(5, 1, 3, 5)]
    [InlineData(20_000, 3, 2, 7)]
    public async Task Run_OfAnOddSize_EndsItsEpochs(int images, int dimension, int batch, int clusters)
    {
        var coke = silo.Cluster.Coke;
        var name = $"odd-{images}";
        await coke.CreateRunAsync(
            new RunSpecification(
                name,
                new ClusteringOptions
                {
                    ImageCount = images,
                    Dimension = dimension,
                    BatchSize = batch,
                    Heads = [new HeadOptions { ClusterCount = clusters }, new HeadOptions { ClusterCount = 1 }],
                }
            )
        );
        await using var session = await coke.OpenSessionAsync(name);
        for (var epoch = 0; epoch < 2; epoch++)
        {
            foreach (var ids in Enumerable.Range(0, images).Chunk(Math.Max(batch, images / 10)))
                await session.PushAsync(ids, Embeddings.Rows(ids[0], ids.Length, dimension));
            Assert.Equal(images, (await session.EndEpochAsync().WaitAsync(Patience)).Rows);
            var labels = await session.GetLabelsAsync(Enumerable.Range(0, images).ToArray());
            Assert.All(labels.Labels[0], k => Assert.InRange(k, 0, clusters - 1));
            Assert.All(labels.Labels[1], k => Assert.Equal(0, k));
        }

        Assert.Equal(0, (await session.EndEpochAsync().WaitAsync(Patience)).Rows); // an epoch without images
    }

    /// <summary>Two trainers; the second pushed image 1, which the first had, and image 2; its batch was refused.</summary>
    async Task<(TrainerSession First, TrainerSession Second, Refusal Refused)> RefusedSecond(int[]? more = null)
    {
        var (run, coke) = await NewRun(trainers: 2);
        var first = await coke.OpenSessionAsync(run, 0);
        var second = await coke.OpenSessionAsync(run, 1);
        await first.PushAsync([0, 1], Rows(0, 2));
        await second.PushAsync([1, 2], Rows(1, 2));
        if (more is not null)
            await second.PushAsync(more, Rows(more[0], more.Length));
        var status = await coke.GetStatusAsync(run);
        while (true)
        {
            try
            {
                await second.PushAsync([1, 1], Rows(1, 2)); // never valid: only asks whether the session knows of the refusal
            }
            catch (RefusedBatchException e)
            {
                return (first, second, e.Refusal);
            }
            catch (InvalidImageIdException)
            {
                status = await coke.WaitForChangeAsync(status);
            }
        }
    }

    /// <summary>Returns when something stands under rank 0's first identity: then one more content is a conflict.</summary>
    async Task WaitUntilFiled(string run)
    {
        var (stream, runId) = await silo.Cluster.OpenStreamAsync(run);
        await stream.SendAsync(
            new MiniBatch(runId, new BatchIdentity(0, 0, 0, 0), 1, 1, new IntValues([8, 9]), new FloatValues(Rows(8, 2)), null)
        );
        await silo.Cluster.PollUntilAsync(runId, progress => progress.Refusals.Count > 0);
    }

    async Task<(string Run, CokeClient Coke)> NewRun(int trainers = 1)
    {
        var name = $"session-{Interlocked.Increment(ref _runs)}";
        await silo.Cluster.Coke.CreateRunAsync(
            new RunSpecification(
                name,
                new ClusteringOptions
                {
                    ImageCount = N,
                    Dimension = D,
                    BatchSize = 16,
                    Heads = [new HeadOptions { ClusterCount = 4 }],
                },
                trainers
            )
        );
        return (name, silo.Cluster.Coke);
    }

    static float[] Rows(int first, int n) => Embeddings.Rows(first, n, D);
}
