document.title = 'Onegevity sandbox';
