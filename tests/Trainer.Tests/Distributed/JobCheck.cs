using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Learning.Distributed;
using CoKe.Trainer.Commands;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Distributed;

/// <summary>What one process under mpirun does for <see cref="TrainerJobTests"/>: it says what is not as it should be, or that all is
/// well.</summary>
static class JobCheck
{
    public const string Well = "all is well";

    /// <returns>The exit code.</returns>
    public static int Run(string[] arguments)
    {
        try
        {
            using var job = new TrainerJob(TrainerPlace.Of(null, null, Environment.GetEnvironmentVariable)!);
            if (arguments is ["fail"])
            {
                // The others wait for it in vain.
                if (job.Part.Rank == 1)
                    job.Abort(7);
                job.Meet();
                return 1;
            }
            Messages(job);
            Sums(job);
            Console.WriteLine($"{job.Part.Rank}: {Well}");
            return 0;
        }
        catch (CokeException e)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    static void Messages(TrainerJob job)
    {
        var all = job.Gather(Enumerable.Range(0, job.Part.Rank).Select(i => (byte)i).ToArray()); // from trainer 0: nothing
        for (var rank = 0; rank < job.World; rank++)
            Demand(all[rank].SequenceEqual(Enumerable.Range(0, rank).Select(i => (byte)i)), $"gathered of {rank}");
        Demand(job.Broadcast(job.Part.Rank == 0 ? [1, 2, 3] : [9]) is [1, 2, 3], "broadcast");
        Demand(job.Broadcast([]).Length == 0, "broadcast of nothing");
        Demand((job.LocalRank, job.IsOnOneMachine) == (job.Part.Rank, true), "places");
    }

    static void Sums(TrainerJob job)
    {
        using var scope = NewDisposeScope();
        using var sums = AllReduce.Of(job, CPU);
        foreach (var type in (ScalarType[])[ScalarType.Float32, ScalarType.Float64])
            foreach (var size in (int[])[1, 7, 1000, 100_003]) // in one round and in two, also with a remainder
            {
                var values = Values(job.Part.Rank, size, type);
                sums.Sum([values]);
                Demand(values.bytes.SequenceEqual(Expected(job.World, size, type).bytes), $"sum of {size} {type}");
            }
        // By itself, of any number of dimensions.
        foreach (
            var shape in (long[][])
                [
                    [50, 400],
                    [3, 4],
                    [],
                ]
        )
        {
            var size = (int)shape.Aggregate(1L, (product, side) => product * side);
            var values = Values(job.Part.Rank, size, ScalarType.Float32).view(shape);
            sums.Sum([values]);
            Demand(
                values.shape.SequenceEqual(shape) && values.bytes.SequenceEqual(Expected(job.World, size, ScalarType.Float32).bytes),
                $"sum of {shape.Length} dimensions"
            );
        }
        // Several at once, one of them not contiguous.
        var (first, second) = (Values(job.Part.Rank, 12, ScalarType.Float32), Values(job.Part.Rank, 30, ScalarType.Float32).view(5, 6).t());
        sums.Sum([first, second]);
        Demand(first.bytes.SequenceEqual(Expected(job.World, 12, ScalarType.Float32).bytes), "first of two");
        Demand(second.t().contiguous().bytes.SequenceEqual(Expected(job.World, 30, ScalarType.Float32).bytes), "second of two");
    }

    /// <summary>Of very different sizes, so that another order of adding would be seen.</summary>
    static Tensor Values(int rank, int size, ScalarType type)
    {
        var random = new SeededRandom(rank, size);
        return tensor([.. Enumerable.Range(0, size).Select(_ => random.NextNormal() * Math.Pow(10, 6 * random.NextUniform()))])
            .to_type(type);
    }

    static Tensor Expected(int world, int size, ScalarType type)
    {
        var sum = Values(0, size, type);
        for (var rank = 1; rank < world; rank++)
            sum.add_(Values(rank, size, type));
        return sum;
    }

    static void Demand(bool holds, string what)
    {
        if (!holds)
            throw new TrainerJobException(what, "wrong", $"{what} is wrong.");
    }
}
