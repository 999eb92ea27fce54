using System.Runtime.CompilerServices;
using TorchSharp;

// Initial weights come from libtorch's global generator.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace CoKe.Trainer.Tests;

static class TestSetup
{
    [ModuleInitializer]
    internal static void OneThread() => torch.set_num_threads(1);
}
