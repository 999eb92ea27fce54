using CoKe.Abstractions;
using CoKe.Client;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Grains.Hosting;
using CoKe.Learning.Data;
using CoKe.Learning.Losses;
using CoKe.Learning.Training;
using CoKe.Storage;
using CoKe.Storage.Sqlite;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Tests.Resume;
using CoKe.Trainer.Tests.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Recipes;

/// <summary>Table 2: what the epoch under way holds after a step, against the clustering in one process.</summary>
public sealed class UncommittedTargetsTests : IDisposable
{
    const int Images = 90,
        Dimension = 8,
        Batch = 15;

    readonly TemporaryFolder _folder = new();
    readonly SmallDemo _demo = new();

    public void Dispose()
    {
        _demo.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task ReadUncommitted_AfterEveryStep_IsTheStateOfOneProcess()
    {
        var options = new ClusteringOptions
        {
            ImageCount = Images,
            Dimension = Dimension,
            BatchSize = Batch,
            Seed = 5,
            Heads = [new HeadOptions { ClusterCount = 7 }, new HeadOptions { ClusterCount = 300 % Images, MinimumSizeRatio = 0.9 }],
        };
        using var oracle = new OnlineConstrainedKMeans(options);
        await using var silo = await EmbeddedSilo.StartAsync(builder =>
            builder.UseSqlite(new SqliteOptions { Path = _folder.File("coke.db") })
        );
        await using var client = new CokeClient(silo.Client);
        await client.CreateRunAsync(new RunSpecification("uncommitted", options));
        await using var session = await client.OpenSessionAsync("uncommitted");
        var random = new SeededRandom(1, 0);
        for (var epoch = 0; epoch < 3; epoch++)
        {
            await Assert.ThrowsAsync<InvalidOptionsException>(() => session.ReadUncommittedAsync(new[] { 0 }));
            foreach (var ids in random.Permutation(Images).Chunk(Batch))
            {
                var embeddings = UnitRows(random);
                var labels = oracle.Step(embeddings, ids);
                await session.PushAsync(ids, embeddings);

                var state = await session.ReadUncommittedAsync(ids);

                Assert.Equal(epoch, state.Epoch);
                for (var h = 0; h < options.Heads.Count; h++)
                {
                    Assert.Equal(labels[h], state.Labels[h]);
                    for (var k = 0; k < options.Heads[h].ClusterCount; k++)
                        Assert.True(
                            oracle.Heads[h].Center(k).SequenceEqual(state.Centers[h].AsSpan(k * Dimension, Dimension)),
                            $"center {k} of head {h}"
                        );
                }
            }
            oracle.EndEpoch();
            await session.EndEpochAsync();
        }
    }

    [Fact]
    public async Task ReadUncommitted_OfAnotherMoment_IsRefused()
    {
        var options = new ClusteringOptions
        {
            ImageCount = Images,
            Dimension = Dimension,
            BatchSize = Batch,
            Heads = [new HeadOptions { ClusterCount = 7 }],
        };
        await using var silo = await EmbeddedSilo.StartAsync(builder =>
            builder.UseSqlite(new SqliteOptions { Path = _folder.File("coke.db") })
        );
        await using var client = new CokeClient(silo.Client);
        await client.CreateRunAsync(new RunSpecification("uncommitted", options));
        await using var session = await client.OpenSessionAsync("uncommitted");
        int[] ids = [.. Enumerable.Range(0, Batch)];
        await session.PushAsync(ids, UnitRows(new SeededRandom(1, 0)));
        var state = await session.ReadUncommittedAsync(ids);
        var status = await client.GetStatusAsync("uncommitted");
        var now = new UncommittedName(status.Incarnation, state.Step, state.Epoch);
        var (block, shard) = (
            silo.Client.GetGrain<IClusterBlockGrain>(Keys.Block(session.RunId, 0, 0)),
            silo.Client.GetGrain<IImageShardGrain>(Keys.Shard(session.RunId, 0))
        );

        foreach (var other in (UncommittedName[])[now with { Step = now.Step - 1 }, now with { Incarnation = now.Incarnation - 1 }])
            await Assert.ThrowsAsync<StaleCallException>(() => block.GetUncommittedCentersAsync(other));
        await Assert.ThrowsAsync<EpochNotReadableException>(() => block.GetUncommittedCentersAsync(now with { Epoch = 1 }));
        await Assert.ThrowsAsync<StaleCallException>(() =>
            shard.ReadUncommittedAsync(now with { Step = now.Step - 1 }, new IntValues(ids))
        );
        await Assert.ThrowsAsync<EpochNotReadableException>(() => shard.ReadUncommittedAsync(now, new IntValues([Batch]))); // not seen yet
        await Assert.ThrowsAsync<EpochNotReadableException>(() => shard.ReadUncommittedAsync(now with { Epoch = 1 }, new IntValues(ids)));
        await Assert.ThrowsAsync<InvalidImageIdException>(() => session.ReadUncommittedAsync(new[] { Images }));
        // What was asked in vain has disturbed nothing.
        Assert.Equal(state.Labels[0], (await shard.ReadUncommittedAsync(now, new IntValues(ids))).Span.ToArray());
        Assert.Equal(Batch, (await session.EndEpochAsync()).Rows);
    }

    [Fact]
    public async Task ReadUncommitted_OfTwoTrainers_WaitsForTheStepOfBoth()
    {
        var options = new ClusteringOptions
        {
            ImageCount = Images,
            Dimension = Dimension,
            BatchSize = 2 * Batch,
            Heads = [new HeadOptions { ClusterCount = 7 }],
        };
        using var oracle = new OnlineConstrainedKMeans(options);
        await using var silo = await EmbeddedSilo.StartAsync(builder =>
            builder.UseSqlite(new SqliteOptions { Path = _folder.File("coke.db") })
        );
        await using var client = new CokeClient(silo.Client);
        await client.CreateRunAsync(new RunSpecification("two", options, 2));
        await using var first = await client.OpenSessionAsync("two", rank: 0);
        await using var second = await client.OpenSessionAsync("two", rank: 1);
        var random = new SeededRandom(1, 0);
        foreach (var ids in Enumerable.Range(0, Images).Chunk(2 * Batch))
        {
            var (own, others) = (UnitRows(random), UnitRows(random));
            var labels = oracle.Step([.. own, .. others], ids)[0];
            await first.PushAsync(ids[..Batch], own);
            var reading = first.ReadUncommittedAsync(ids[..Batch]);
            Assert.False(reading.IsCompleted); // there is no step without the other's part
            await second.PushAsync(ids[Batch..], others);

            var (ofFirst, ofSecond) = (await reading, await second.ReadUncommittedAsync(ids[Batch..]));

            Assert.Equal(labels, (int[])[.. ofFirst.Labels[0], .. ofSecond.Labels[0]]);
            Assert.Equal(ofFirst.Centers[0], ofSecond.Centers[0]);
            Assert.True(oracle.Heads[0].Center(3).SequenceEqual(ofFirst.Centers[0].AsSpan(3 * Dimension, Dimension)));
        }
    }

    [Fact]
    public void Targets_OfAnImageWithoutLabel_CountForNothing()
    {
        float[] centers = [1, 0, 0, 1];
        using var scope = NewDisposeScope();
        using Scalar inverse = 1;
        using var known = new EpochTargets(
            [
                [0, 1],
            ],
            [centers],
            2,
            CPU
        );
        using var unknown = new EpochTargets(
            [
                [0, 1, -1],
            ],
            [centers],
            2,
            CPU
        );
        var embeddings = tensor(
            new float[,]
            {
                { 0.6f, 0.8f },
                { 1, 0 },
                { 0, 1 },
            }
        );

        float Loss(EpochTargets targets, params long[] ids)
        {
            var batch = targets.Of(tensor(ids));
            return CrossEntropy
                    .OfLabels(CrossEntropy.LogProbabilities(embeddings.narrow(0, 0, ids.Length), batch, inverse)[0], batch.Labels[0])
                    .item<float>() * ids.Length;
        }

        Assert.Equal(Loss(known, 0, 1), Loss(unknown, 0, 1, 2), 1e-6f);
    }

    [Theory]
    [InlineData(TargetEpoch.Last, TargetEpoch.Last, 5)] // crops grow in epochs 1 and 2
    [InlineData(TargetEpoch.Last, TargetEpoch.Current, 2)]
    [InlineData(TargetEpoch.Current, TargetEpoch.Last, 2)]
    [InlineData(TargetEpoch.Current, TargetEpoch.Current, 5)]
    public async Task Run_TargetsOfEitherEpoch_LearnsAsOneProcessWould(TargetEpoch labels, TargetEpoch centers, int epochs)
    {
        var options = _demo.Options();
        options = options with
        {
            Recipe = options.Recipe with
            {
                Clustering = options.Recipe.Clustering with { Labels = labels, Centers = centers },
                Schedule = options.Recipe.Schedule with { Epochs = epochs },
            },
        };

        var summary = await _demo.RunAsync(options);

        Assert.Equal(OneProcess(options, summary.Options.Recipe), summary.LossTrace);
        var killed = options with { Start = RunStart.Forced };
        await Assert.ThrowsAsync<Killed>(() =>
            _demo.RunAsync(
                killed,
                new Strike
                {
                    Stepped = done =>
                    {
                        if (done == 2 * SmallDemo.StepsPerEpoch + 2)
                            throw new Killed();
                    },
                }
            )
        );
        Assert.Equal(SmallDemo.Result(summary), SmallDemo.Result(await _demo.RunAsync(killed with { Start = RunStart.Resumed })));
    }

    /// <summary>Mean losses of the epochs, with everything in this thread.</summary>
    static List<double> OneProcess(RunOptions options, Recipe recipe)
    {
        var images = Dataset.Load(options.Folder).Limit(options.Images!.Value).Train;
        using var learner = recipe.NewLearner(images, options.Seed);
        using var oracle = new OnlineConstrainedKMeans(recipe.ClusteringOf(images.Count, options.Seed));
        float[] Centers(bool frozen) =>
            [
                .. Enumerable
                    .Range(0, recipe.Heads[0])
                    .SelectMany(k => (frozen ? oracle.Heads[0].Frozen(k) : oracle.Heads[0].Center(k)).ToArray()),
            ];
        learner.Scan(learner.NextEpoch(0), (ids, x) => oracle.Step(x, ids));
        oracle.EndEpoch();
        var (trace, step) = (new List<double>(), 0);
        var schedule = new LearningRateSchedule(
            recipe.Schedule.LearningRate,
            (int)(recipe.Schedule.WarmUpEpochs * SmallDemo.StepsPerEpoch),
            recipe.Schedule.Epochs * SmallDemo.StepsPerEpoch
        );
        for (var epoch = 1; epoch <= recipe.Schedule.Epochs; epoch++)
        {
            var (last, frozen, loss) = (oracle.Heads[0].Labels.ToArray(), Centers(frozen: true), 0.0);
            learner.Train(
                learner.NextEpoch(epoch),
                (ids, x) =>
                {
                    var own = oracle.Step(Learner.ToArray(x), ids)[0];
                    var labels = recipe.Clustering.Labels == TargetEpoch.Current ? own : [.. ids.Select(i => last[i])];
                    var centers = recipe.Clustering.Centers == TargetEpoch.Current ? Centers(frozen: false) : frozen;
                    return new BatchTargets(
                        tensor(centers).view(-1, recipe.Encoder.Dimension),
                        [recipe.Heads[0]],
                        [new PseudoLabels(tensor(labels, ScalarType.Int64).unsqueeze(1))]
                    );
                },
                () => schedule.At(step),
                batch =>
                {
                    loss += batch.Loss;
                    step++;
                }
            );
            trace.Add(loss / SmallDemo.StepsPerEpoch);
            oracle.EndEpoch();
        }
        return trace;
    }

    static float[] UnitRows(SeededRandom random)
    {
        var rows = new float[Batch * Dimension];
        for (var i = 0; i < Batch; i++)
        {
            double[] row = [.. Enumerable.Range(0, Dimension).Select(_ => random.NextNormal())];
            var norm = Math.Sqrt(row.Sum(value => value * value));
            for (var j = 0; j < Dimension; j++)
                rows[i * Dimension + j] = (float)(row[j] / norm);
        }
        return rows;
    }
}
