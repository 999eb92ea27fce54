using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Grains.Durability;
using CoKe.Grains.Runs;

namespace CoKe.Grains.Tests.Cluster;

/// <summary>The trainers of a run start together and each creates it.</summary>
public sealed class CreateTests
{
    const int Lead = 4;
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Create_BesideAnother_IsOneRunOfTheFirst(bool same)
    {
        await using var cluster = await TestCluster.StartAsync(1);
        var go = new TaskCompletionSource();
        var creating = new TaskCompletionSource();
        cluster.Storage.Hold = kind =>
        {
            if (kind is not (Rows.Record or Rows.InitialCenters))
                return Task.CompletedTask;
            creating.TrySetResult();
            return go.Task;
        };
        var first = cluster.Coke.CreateRunAsync(With(0));
        await creating.Task.WaitAsync(Patience);
        var second = cluster.Coke.CreateRunAsync(With(same ? 0 : 1));
        // Came after the second, which waits by now.
        await Assert.ThrowsAsync<UnknownRunException>(() => cluster.Coke.GetStatusAsync("run").WaitAsync(Patience));
        go.SetResult();

        var created = await first.WaitAsync(Patience);
        if (same)
            Assert.Equal(created.RunId, (await second.WaitAsync(Patience)).RunId);
        else
            await Assert.ThrowsAsync<RunConflictException>(() => second.WaitAsync(Patience));
        Assert.Equal(0, (await cluster.Client.GetGrain<IRunGrain>("run").GetInitialCentersAsync(created.RunId))[0].Span.IndexOf(1f));
    }

    [Fact]
    public async Task Create_LargerThanTheSilos_IsRefusedAndLeavesNothing()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        var refused = await Assert.ThrowsAsync<InvalidOptionsException>(() =>
            cluster.Coke.CreateRunAsync(Large(2_000_000_000, 8, 100_000_000)).WaitAsync(Patience)
        );
        Assert.Equal("Heads", refused.Field);
        Assert.Contains("GB of memory", refused.Message);
        Assert.Empty(await cluster.Coke.ListRunsAsync());
        await cluster.Coke.CreateRunAsync(Large(2_000, 8, 10)).WaitAsync(Patience);
    }

    [Theory]
    [InlineData(2_000_000_000, 2, new[] { 1, 1 }, "ImageCount", "cluster fewer images")]
    [InlineData(2_000_000, 8, new[] { 1_000_000, 1_000_000 }, "Heads", "fewer clusters")]
    [InlineData(1_000_000, 100_000, new[] { 2_000 }, "Heads", "smaller dimension")]
    public void Check_WhatSilosCannotHold_NamesWhatIsLarge(int images, int dimension, int[] clusters, string field, string remedy)
    {
        const long Silo = 6_000_000_000;
        var options = Large(images, dimension, clusters).Clustering;
        var refused = Assert.Throws<InvalidOptionsException>(() => RunMemory.Check(options, 1, Lead, Silo, 1));
        Assert.Equal(field, refused.Field);
        Assert.Contains(remedy, refused.Message);
        Assert.Contains("and the silo has 6.0 GB", refused.Message);
        RunMemory.Check(options, 1, Lead, Silo, 10); // as it advises
        RunMemory.Check(
            options with
            {
                ImageCount = images / 100,
                Heads = [.. options.Heads.Select(head => head with { ClusterCount = Math.Max(1, head.ClusterCount / 10) })],
            },
            1,
            Lead,
            Silo,
            1
        );
    }

    [Fact]
    public void Check_MoreTrainersThanMessagesFit_NamesThem()
    {
        var options = Large(1_024, 4_096, 10).Clustering; // a message may have all of its 16 MiB
        var refused = Assert.Throws<InvalidOptionsException>(() => RunMemory.Check(options, 4_096, Lead, 20e9, 1));
        Assert.Equal((nameof(RunSpecification.Trainers), "4096"), (refused.Field, refused.Value));
        RunMemory.Check(options, 500, Lead, 20e9, 1);
    }

    /// <summary>The embeddings of the steps to come lie on every silo: more silos do not help.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Check_OfStepsThatAreBroughtAhead_CountsThemOnEverySilo(int silos)
    {
        var options = Large(100_000, 8_192, 10).Clustering with { BatchSize = 20_000 };
        const double Ahead = 2.0 * 20_000 * ((8_192 * sizeof(float)) + sizeof(int)); // 1.3 GB
        Assert.Equal(silos * Ahead, RunMemory.Needed(options, 1, 2, silos) - RunMemory.Needed(options, 1, 0, silos), 1.0);
        var refused = Assert.Throws<InvalidOptionsException>(() => RunMemory.Check(options, 1, 2, Ahead, silos));
        Assert.Equal((nameof(options.BatchSize), "20000"), (refused.Field, refused.Value));
        Assert.Contains("use smaller mini-batches", refused.Message);
        RunMemory.Check(options with { BatchSize = 2_000 }, 1, 2, Ahead, silos); // as it advises
    }

    [Fact]
    public void Reservations_OfRunsThatAreBeingCreated_CountForEachOther()
    {
        const long Free = 6_000_000_000;
        var options = Large(2_000, 8, 410_000).Clustering; // 4 GB
        var reservations = new RunReservations(() => Free, Lead);
        reservations.Take("one", options, 1, 1);
        reservations.Take("one", options, 1, 1); // the same, by another trainer
        Assert.Contains(
            "3.9 GB of memory, and the silo has 2.1 GB",
            Assert.Throws<InvalidOptionsException>(() => reservations.Take("two", options, 1, 1)).Message
        );
        reservations.GiveBack("one");
        reservations.Take("two", options, 1, 1);
    }

    static RunSpecification Large(int images, int dimension, params int[] clusters) =>
        new(
            "run",
            new ClusteringOptions
            {
                ImageCount = images,
                Dimension = dimension,
                BatchSize = 10,
                Heads = [.. clusters.Select(count => new HeadOptions { ClusterCount = count })],
            }
        );

    // Every center is the unit vector of one axis.
    static RunSpecification With(int axis) =>
        new(
            "run",
            new ClusteringOptions
            {
                ImageCount = 20,
                Dimension = 4,
                BatchSize = 10,
                Heads = [new HeadOptions { ClusterCount = 2 }],
            }
        )
        {
            InitialCenters = [new FloatValues([.. Enumerable.Range(0, 8).Select(i => i % 4 == axis ? 1f : 0f)])],
        };
}
