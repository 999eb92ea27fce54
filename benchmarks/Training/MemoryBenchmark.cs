using CoKe.Learning.Encoders;
using CoKe.Learning.Losses;
using CoKe.Learning.Optimizers;
using static TorchSharp.torch;

namespace CoKe.TrainingBenchmarks;

/// <summary>Nothing may stay behind after a step: neither a tensor that waits for the finalizer, nor native memory.</summary>
static class MemoryBenchmark
{
    const int Batch = 16,
        Reports = 5;

    /// <summary>Steps before the first report: pools fill, and the managed heap takes another region of some megabytes once, at a step
    /// between 200 and 800.</summary>
    const int WarmUp = 1000;

    /// <summary>What memory may grow by after the warm-up, in MB: the allocator's and the runtime's own unrest.</summary>
    const double AllowedMegabytes = 3;

    /// <summary>1 when tensors are left over or memory grew.</summary>
    public static int Run(int steps)
    {
        var flat = true;
        var resNet = Workload.ResNet18.Encoder with { BaseWidth = 4, ImageHeight = 16, ImageWidth = 16 };
        foreach (
            var (name, workload) in new (string, Func<Workload>)[]
            {
                ("small net, two views, SGD", () => new Workload(Workload.SmallNet, Batch)),
                ("ResNet-18, bf16, 2 + 6 views, prediction, LARS", () => new Workload(
                        Workload.ResNet18 with
                        {
                            Encoder = resNet with { Precision = Precision.Bf16, Prediction = true },
                            Loss = new LossOptions { LargeViews = 2, SmallViews = 6 },
                            Optimizer = new OptimizerOptions { Kind = OptimizerKind.Lars },
                        },
                        Batch,
                        smallSide: 8
                    )),
                ("ResNet-18, one view, stage two", () =>
                    new Workload(Workload.ResNet18 with { Encoder = resNet, Loss = new LossOptions() }, Batch, softLabels: true)
                ),
            }
        )
        {
            using var running = workload();
            for (var i = 0; i < WarmUp; i++)
                running.Step();
            var (tensors, memory) = (Tensor.TotalCount, Resident());
            Console.WriteLine($"{name}: after {WarmUp} steps {tensors} live tensors, {memory:0.0} MB");
            for (var report = 1; report <= Reports; report++)
            {
                for (var i = 0; i < steps / Reports; i++)
                    running.Step();
                Console.WriteLine(
                    $"{name}: {report * (steps / Reports)} steps more, {Tensor.TotalCount} live tensors, {Resident():0.0} MB"
                );
            }
            flat &= Tensor.TotalCount == tensors && Resident() - memory < AllowedMegabytes;
        }
        Console.WriteLine(flat ? "Flat." : $"NOT flat: tensors were left over, or memory grew by {AllowedMegabytes} MB or more.");
        return flat ? 0 : 1;
    }

    static double Resident()
    {
        GC.Collect();
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return process.WorkingSet64 / 1e6;
    }
}
