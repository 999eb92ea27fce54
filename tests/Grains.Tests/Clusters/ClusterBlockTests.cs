using System.Reflection;
using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Clusters;
using CoKe.Grains.Placement;
using CoKe.Grains.Protocol;

namespace CoKe.Grains.Tests.Clusters;

/// <summary>A block whose clusters live elsewhere and answer at once.</summary>
public sealed class ClusterBlockTests
{
    const int K = 4;
    const int D = 50;

    static readonly ClusteringOptions Options = new()
    {
        Dimension = D,
        ImageCount = 40,
        BatchSize = 1,
        Heads = [new HeadOptions { ClusterCount = K }],
    };

    [Fact]
    public async Task GetClusters_Asked_LeavesNoCentersInMemory()
    {
        var block = await RestoredAsync();
        var floats = FloatsOf(block);
        Assert.Equal(K * D, floats); // the frozen ones
        Assert.Equal([0, 1, 2, 3], (await block.GetClustersAsync(0, incarnation: 1)).Select(cluster => cluster.Cluster));
        Assert.Equal(floats, FloatsOf(block));
        Assert.Equal(K * D, (await block.ReadAsync(incarnation: 1)).Centers.Length);
        Assert.Equal(floats, FloatsOf(block));
    }

    static async Task<ClusterBlock> RestoredAsync()
    {
        static FloatValues Center() => new(new float[D]);
        var cluster = Stub.Of<IClusterGrain>(
            (method, _) =>
                method switch
                {
                    nameof(IClusterGrain.RestoreAsync) => Task.FromResult<string?>("there"),
                    nameof(IClusterGrain.ReadAsync) => Task.FromResult(new ClusterReply(0, Center(), Center(), default)),
                    _ => throw new NotSupportedException(method),
                }
        );
        var world = new ActorWorld(
            Stub.Of<IGrainFactory>((_, _) => cluster),
            null!,
            null!,
            TimeProvider.System,
            new Failpoints(),
            new Silos()
        );
        var block = new ClusterBlock("run/0/0", new ClusterDirectory(), world, "here", _ => { });
        await block.RestoreAsync(
            new BlockRestore(1, default, Options, new FloatValues(new HeadPlan(Options, 0).InitialCenters()), K, 0, new EpochName(-1, 0))
        );
        return block;
    }

    /// <summary>How many floats hang on an object.</summary>
    static long FloatsOf(object root)
    {
        var (open, seen, floats) = (new Stack<object?>([root]), new HashSet<object>(ReferenceEqualityComparer.Instance), 0L);
        while (open.TryPop(out var next))
        {
            // What belongs to the runtime leads to the tests beside this one.
            if (next is null or string or MemberInfo or Module or Assembly or TaskScheduler or ExecutionContext or SynchronizationContext)
                continue;
            if (!seen.Add(next))
                continue;
            if (next is float[] array)
                floats += array.Length;
            else if (next is Array others)
                Array.ForEach([.. others.Cast<object?>()], open.Push);
            else if (next is Delegate { Target: var target })
                open.Push(target);
            else if (!next.GetType().IsPrimitive)
                foreach (var field in FieldsOf(next.GetType()))
                    open.Push(field.GetValue(next));
        }

        return floats;
    }

    static IEnumerable<FieldInfo> FieldsOf(Type? type)
    {
        const BindingFlags Own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        for (; type is not null; type = type.BaseType)
            foreach (var field in type.GetFields(Own))
                if (!field.FieldType.IsPrimitive && !field.FieldType.IsPointer)
                    yield return field;
    }
}
