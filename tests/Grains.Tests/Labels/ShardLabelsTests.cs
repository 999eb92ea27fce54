using CoKe.ConstrainedKMeans;
using CoKe.Grains.Labels;

namespace CoKe.Grains.Tests.Labels;

public sealed class ShardLabelsTests
{
    static readonly ClusteringOptions Options = new()
    {
        ImageCount = 100,
        Dimension = 2,
        BatchSize = 4,
        Heads = [new HeadOptions { ClusterCount = 9 }, new HeadOptions { ClusterCount = 5 }],
    };

    [Fact]
    public void Read_BeforeCommit_StillGivesTheCommittedEpoch()
    {
        var labels = new ShardLabels(Options, 50, 10);
        labels.Write([52, 55], [7, 8, 1, 2]);
        Assert.Equal([-1, -1], labels.Read(0, [52]).Labels.Span.ToArray());
        labels.EndEpoch(0);
        Assert.Equal([-1, -1], labels.Read(0, [52]).Labels.Span.ToArray());
        labels.Commit();
        Assert.Equal([7, 8, 1, 2], labels.Read(0, [52, 55]).Labels.Span.ToArray());
    }

    [Fact]
    public void EndEpoch_ImageNotSeen_KeepsItsLabelMarkedAsOld()
    {
        var labels = new ShardLabels(Options, 0, 10);
        Close(labels, 0, [1, 2], [3, 4, 1, 1]);
        Close(labels, 1, [2], [4, 2]);
        var slice = labels.Read(1, [1, 2, 9]);
        Assert.Equal([3, 4, -1, 1, 2, -1], slice.Labels.Span.ToArray());
        Assert.Equal([1, 0, 0], slice.Old);
        Close(labels, 2, [], []);
        Assert.Equal([3, 4, -1, 1, 2, -1], labels.Read(2, [1, 2, 9]).Labels.Span.ToArray());
        Assert.Equal([1, 1, 0], labels.Read(2, [1, 2, 9]).Old);
    }

    [Fact]
    public void EndEpoch_CountsSeenAndChangedByHead()
    {
        var labels = new ShardLabels(Options, 0, 10);
        labels.Write([1, 2, 3], [3, 4, 5, 1, 1, 1]);
        Assert.Equal((3L, "0,0"), Counts(labels, 0));
        labels.Commit();
        labels.Write([2, 3, 4], [8, 5, 0, 1, 2, 0]);
        Assert.Equal((3L, "1,1"), Counts(labels, 1));
    }

    [Fact]
    public void Read_ImageOfAnotherShard_IsRefused()
    {
        var labels = new ShardLabels(Options, 50, 10);
        Assert.Equal("60", Assert.Throws<InvalidImageIdException>(() => labels.Read(0, [60])).Value);
        Assert.Equal("49", Assert.Throws<InvalidImageIdException>(() => labels.Read(0, [49])).Value);
    }

    static (long Seen, string Changed) Counts(ShardLabels labels, int epoch)
    {
        var (seen, changed) = labels.EndEpoch(epoch);
        return (seen, string.Join(',', changed));
    }

    static void Close(ShardLabels labels, int epoch, int[] ids, int[] byHead)
    {
        labels.Write(ids, byHead);
        labels.EndEpoch(epoch);
        labels.Commit();
    }
}
