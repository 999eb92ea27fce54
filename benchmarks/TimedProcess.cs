using System.Diagnostics;
using System.Runtime.InteropServices;

namespace CoKe.Benchmarks;

/// <summary>A program from its start to its end: what people wait for, and what the machine works for.</summary>
/// <param name="Seconds">Wall-clock seconds.</param>
/// <param name="CpuSeconds">CPU seconds of all its threads.</param>
/// <param name="Output">What it wrote to stdout.</param>
sealed partial record TimedProcess(double Seconds, double CpuSeconds, string Output)
{
    const int Children = -1; // RUSAGE_CHILDREN

    /// <summary>Runs it; nothing else may be started meanwhile, because the system counts the CPU of all children that have
    /// ended.</summary>
    /// <exception cref="InvalidOperationException">It ended with another code than 0; says with what words.</exception>
    public static TimedProcess Run(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        var (cpu, started) = (ChildrenCpuSeconds(), Stopwatch.GetTimestamp());
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException(
                $"{string.Join(' ', start.ArgumentList)} ended with {process.ExitCode}: {errors.Result.Trim()}"
            );
        }

        return new(seconds, ChildrenCpuSeconds() - cpu, output);
    }

    static double ChildrenCpuSeconds()
    {
        if (Usage(Children, out var usage) != 0)
            throw new InvalidOperationException("The system does not tell the CPU time of children.");
        return usage.User.Seconds + usage.System.Seconds + ((usage.User.Microseconds + usage.System.Microseconds) / 1e6);
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int Usage(int who, out ResourceUsage usage);

    [StructLayout(LayoutKind.Sequential)]
    struct Time
    {
        public long Seconds;
        public long Microseconds;
    }

    // struct rusage: two times, then fourteen longs that do not matter here.
    [StructLayout(LayoutKind.Sequential, Size = 144)]
    struct ResourceUsage
    {
        public Time User;
        public Time System;
    }
}
