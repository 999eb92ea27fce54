using CoKe.Trainer.Encoders;
using CoKe.Trainer.Optimizers;
using static TorchSharp.torch;

namespace CoKe.TrainingBenchmarks;

/// <summary>Nothing may stay behind after a step: neither a tensor that waits for the finalizer, nor native memory.</summary>
internal static class MemoryBenchmark
{
    const int Batch = 16, Reports = 5, WarmUp = 50;

    /// <summary>1 when tensors are left over.</summary>
    public static int Run(int steps)
    {
        var left = 0L;
        foreach (var (name, options, kind) in new[]
        {
            ("small net, SGD", Workload.SmallNet, OptimizerKind.Sgd),
            ("ResNet-18, bf16, LARS", Workload.ResNet18 with { BaseWidth = 4, ImageHeight = 16, ImageWidth = 16, Precision = Precision.Bf16 }, OptimizerKind.Lars),
        })
        {
            using var workload = new Workload(options, Batch, kind);
            for (var i = 0; i < WarmUp; i++)
                workload.Step();
            var before = Tensor.TotalCount;
            Console.WriteLine($"{name}: after {WarmUp} steps {before} live tensors, {Resident():0.0} MB");
            for (var report = 1; report <= Reports; report++)
            {
                for (var i = 0; i < steps / Reports; i++)
                    workload.Step();
                Console.WriteLine($"{name}: {report * (steps / Reports)} steps more, {Tensor.TotalCount} live tensors, {Resident():0.0} MB");
            }
            left += Math.Abs(Tensor.TotalCount - before);
        }
        return left == 0 ? 0 : 1;
    }

    static double Resident()
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return process.WorkingSet64 / 1e6;
    }
}
