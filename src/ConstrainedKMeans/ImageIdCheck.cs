namespace CoKe.ConstrainedKMeans;

/// <summary>Checks the image ids of a mini-batch or a question before anything changes.</summary>
public static class ImageIdCheck
{
    /// <summary>Refuses an id that the run does not have.</summary>
    /// <param name="id">The id, as wide as whoever sent it may have written it.</param>
    /// <param name="imageCount">N.</param>
    /// <exception cref="InvalidImageIdException">It is not one of 0 to N - 1.</exception>
    public static int Known(long id, int imageCount) =>
        (ulong)id < (ulong)imageCount
            ? (int)id
            : throw new InvalidImageIdException("imageIds", $"{id}", $"Image id {id} is unknown: this run has ids 0 to {imageCount - 1}.");

    /// <summary>Refuses a mini-batch that has an unknown id, or one twice.</summary>
    /// <param name="imageIds">Its ids.</param>
    /// <param name="imageCount">N.</param>
    /// <exception cref="InvalidImageIdException">Names the first id that is wrong.</exception>
    public static void Validate(ReadOnlySpan<int> imageIds, int imageCount)
    {
        var inBatch = new HashSet<int>(imageIds.Length);
        foreach (var id in imageIds)
            if (!inBatch.Add(Known(id, imageCount)))
                throw Repeated(id);
    }

    /// <summary>The refusal of an id that was pushed before.</summary>
    public static InvalidImageIdException Repeated(int id) =>
        new("imageIds", $"{id}", $"Image id {id} is repeated: push every image once per epoch.");
}
