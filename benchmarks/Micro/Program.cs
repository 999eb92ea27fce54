using BenchmarkDotNet.Running;
using CoKe.MicroBenchmarks;

BenchmarkSwitcher.FromAssembly(typeof(ScoringBenchmarks).Assembly).Run(args);
