using CoKe.Errors;
using CoKe.Learning.Images;

namespace CoKe.Learning.ImageFolders;

/// <summary>Decodes whole mini-batches: first all headers, then, into one buffer, all pixels. Mini-batches may be decoded at the same
/// time.</summary>
sealed class BatchDecoder(ImageFolder folder, ImageFolderOptions options, TaskScheduler threads)
{
    readonly BufferPool _buffers = new(options.Prefetch + 2);

    public ReadBatch Decode(int[] ids, CancellationToken cancellation)
    {
        var parallel = new ParallelOptions
        {
            MaxDegreeOfParallelism = options.Threads,
            TaskScheduler = threads,
            CancellationToken = cancellation,
        };
        var (files, problems) = (new ImageFile?[ids.Length], new string?[ids.Length]);
        try
        {
            Parallel.For(0, ids.Length, parallel, i =>
                (files[i], problems[i]) = ImageFile.Open(Path.Combine(folder.Root, folder.Paths[ids[i]]), options)
            );
            int[] opened = [.. Enumerable.Range(0, ids.Length).Where(i => files[i] is not null)];
            var images = Allocate([.. opened.Select(i => files[i]!.Size)]);
            Parallel.For(0, opened.Length, parallel, place => problems[opened[place]] = files[opened[place]]!.Decode(images[place]));

            int[] good = [.. Enumerable.Range(0, opened.Length).Where(place => problems[opened[place]] is null)];
            return new ReadBatch(
                [.. good.Select(place => ids[opened[place]])],
                good.Length == opened.Length ? images : Compacted(images, good),
                [
                    .. Enumerable
                        .Range(0, ids.Length)
                        .Where(i => problems[i] is not null)
                        .Select(i => new UnreadableImage(ids[i], folder.Paths[ids[i]], problems[i]!)),
                ]
            );
        }
        finally
        {
            foreach (var file in files)
                file?.Dispose();
        }
    }

    ImageBatch Allocate(ImageSize[] sizes)
    {
        var bytes = sizes.Sum(size => (long)ImageFile.Channels * size.Plane);
        if (bytes > Array.MaxLength)
            throw new InvalidOptionsException(
                "data.shorter-side",
                "none",
                $"A mini-batch of {sizes.Length} images needs {bytes} bytes, more than one array holds: set data.shorter-side, "
                    + "which shrinks large images, or a smaller schedule.batch-size."
            );
        return new ImageBatch(_buffers.Rent((int)bytes), ImageFile.Channels, sizes, _buffers.Return);
    }

    /// <summary>The same buffer without the images whose pixels turned out to be damaged; the others move up.</summary>
    ImageBatch Compacted(ImageBatch images, int[] good)
    {
        var compacted = new ImageBatch(images.Pixels, images.Channels, [.. good.Select(place => images.Sizes[place])], _buffers.Return);
        for (var to = 0; to < good.Length; to++)
            images[good[to]].CopyTo(compacted[to]); // never to the right, so nothing is overwritten that is still needed
        return compacted;
    }
}
